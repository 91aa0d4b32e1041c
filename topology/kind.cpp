// See kind.hpp. [kinds.router] without `extends` adds to the built-in kind of that name.
#include "topology/kind.hpp"

#include "topology/keys.hpp"
#include "topology/names.hpp"
#include "topology/read.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace topology {
namespace {

constexpr std::size_t longest_chain = 8;

struct BuiltIn {
    std::string_view name;
    Kind kind;
};
constexpr std::array<BuiltIn, 7> built_in{{{"host", Kind::host},
                                           {"router", Kind::router},
                                           {"switch", Kind::switch_},
                                           {"hub", Kind::hub},
                                           {"nat", Kind::nat},
                                           {"external", Kind::external},
                                           {"bare", Kind::bare}}};

const BuiltIn* find_built_in(std::string_view name) {
    const auto found = std::find_if(built_in.begin(), built_in.end(),
                                    [&](const BuiltIn& b) { return b.name == name; });
    return found == built_in.end() ? nullptr : found;
}

template <std::size_t size>
bool among(std::string_view word, const std::array<std::string_view, size>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_foreign_kind(std::string_view name) {
    constexpr std::array<std::string_view, 9> foreign{
        "wlan", "wireless", "radio", "docker", "container", "image", "linux", "vm", "qemu"};
    return among(name, foreign);
}

}  // namespace

std::string_view kind_name(Kind kind) {
    for (const BuiltIn& b : built_in)
        if (b.kind == kind) return b.name;
    return "";
}

std::string key_trouble(Kind kind, bool has_svi, std::string_view key, std::string_view& code) {
    constexpr std::array<std::string_view, 7> routing{"routing",  "asn", "area", "rr",
                                                      "announce", "frr", "ecmp"};
    constexpr std::array<std::string_view, 5> segment{"prefix", "pool", "dhcp", "ra", "private"};
    constexpr std::array<std::string_view, 3> bridge{"stp", "vlan-filtering", "svi"};
    constexpr std::array<std::string_view, 6> address{"loopback", "addresses", "id",
                                                      "ipv4",     "ipv6",      "routes"};
    const std::string name(kind_name(kind));
    const std::string article = kind == Kind::external ? "an " : "a ";
    const bool switching = kind == Kind::switch_ || kind == Kind::hub;
    code = "KEY";
    constexpr std::array<std::string_view, 5> of_outside{"device", "label", "labels", "icon",
                                                         "pos"};
    if (kind == Kind::external && !among(key, of_outside) && !is_free_key(key))
        return "an external node is an interface of the host, and has no \"" + std::string(key) +
               "\"";
    if (kind == Kind::nat && key == "run") return "a nat runs nothing but its way to the host";
    // Written out, its routes are there, and nothing is to be worked out.
    if (kind == Kind::nat && key == "routing") return "";
    const bool routes = kind == Kind::router || (kind == Kind::switch_ && has_svi);
    if (among(key, routing) && !routes) {
        code = "D45";
        return article + name + " does not route";
    }
    if (among(key, segment) && !switching)
        return "\"" + std::string(key) + "\" belongs to a link or a switch, not to " + article +
               name;
    if (among(key, bridge) && kind != Kind::switch_)
        return article + name + " has no \"" + std::string(key) + "\"";
    if (among(key, address) && switching && !routes)
        return article + name + " has no addresses, so no \"" + std::string(key) + "\"";
    if ((key == "vrfs" || key == "mpls") && kind != Kind::router && kind != Kind::host)
        return article + name + " has no \"" + std::string(key) + "\"";
    if (key == "device" && kind != Kind::external) return article + name + " has no \"device\"";
    return "";
}

Kinds::Kinds(const Value& root, Diagnostics& diagnostics) : x_diagnostics(diagnostics) {
    const Value* kinds = root.find("kinds");
    if (kinds == nullptr || !Reader(diagnostics).table(*kinds, "[kinds]")) return;
    for (const Member& member : kinds->members) read(member);
    check_parents();
}

void Kinds::read(const Member& member) {
    const Reader reader(x_diagnostics);
    if (!is_name(member.key)) {
        x_diagnostics.error("D10", member.where, "a kind has a–z, 0–9, \"-\" and \"_\" only",
                            "try \"" + make_name(member.key) + "\"");
        return;
    }
    if (!reader.table(member.value, "[kinds." + member.key + "]")) return;
    refuse_unknown_keys(member.value, kind_keys(), x_diagnostics);
    if (const Member* kind = member.value.member("kind"))
        x_diagnostics.error("KEY", kind->where, "a kind has no \"kind\"",
                            "extends = \"" + written(kind->value) + "\"");
    Own own{member.value, member.where, ""};
    remove(own.table, "kind");
    if (const Value* extends = member.value.find("extends")) {
        own.parent = reader.string(*extends).value_or("host");
    } else if (find_built_in(member.key) == nullptr) {
        x_diagnostics.error("D13", member.where,
                            "[kinds." + member.key + "] must say what it extends",
                            "add extends = \"router\"");
        own.parent = "router";
    }
    x_order.push_back(member.key);
    x_own.emplace(member.key, std::move(own));
}

// Follows every parent once; a kind that comes back to itself is cut there, so that later walks
// end.
void Kinds::check_parents() {
    std::set<std::string> reported;
    for (const std::string& name : x_order) {
        std::vector<std::string> path{name};
        while (true) {
            Own& own = x_own.at(path.back());
            if (own.parent.empty()) break;
            const Member* extends = own.table.member("extends");
            const Where where = extends == nullptr ? own.where : extends->value.where;
            const auto again = std::find(path.begin(), path.end(), own.parent);
            const bool additions =
                own.parent == path.back() && find_built_in(own.parent) != nullptr;
            if (additions) {
                own.parent.clear();
                break;
            }
            if (again != path.end()) {
                const bool alone = own.parent == path.back();
                x_diagnostics.error("D12", where,
                                    alone ? "kind \"" + own.parent + "\" extends itself"
                                          : "kinds \"" + *again + "\" and \"" + path.back() +
                                                "\" extend each other",
                                    "one of them must extend a built-in kind");
                own.parent = "host";
                break;
            }
            if (x_own.count(own.parent) == 0) {
                if (find_built_in(own.parent) == nullptr) {
                    (void)find(own.parent, where);  // reports D11
                    own.parent = "host";
                }
                break;
            }
            if (path.size() == longest_chain) {
                x_diagnostics.error("LIMIT", where, "kinds extend each other at most 8 deep");
                own.parent = "host";
                break;
            }
            path.push_back(own.parent);
        }
    }
}

std::optional<Kinds::Chain> Kinds::find(const std::string& name, const Where& where) const {
    Chain chain;
    std::string at = name;
    for (std::size_t step = 0; step <= longest_chain; ++step) {
        const auto own = x_own.find(at);
        const BuiltIn* base = find_built_in(at);
        if (own == x_own.end() && base == nullptr) break;
        chain.names.push_back(at);
        if (own != x_own.end()) chain.tables.insert(chain.tables.begin(), &own->second.table);
        if (base != nullptr && (own == x_own.end() || own->second.parent.empty())) {
            chain.kind = base->kind;
            return chain;
        }
        at = own->second.parent;
    }
    if (is_foreign_kind(name)) {
        x_diagnostics.error("D66", where,
                            "labd has no kind \"" + name + "\": no wireless, no images",
                            "containers → containerlab; radio → CORE, mininet-wifi");
        return std::nullopt;
    }
    std::vector<std::string> names;
    names.reserve(std::size(built_in) + x_order.size());
    for (const BuiltIn& b : built_in) names.emplace_back(b.name);
    for (const std::string& own : x_order)
        if (find_built_in(own) == nullptr) names.push_back(own);
    std::string hint = did_you_mean(name, names);
    hint += (hint.empty() ? "" : " ") + std::string("kinds:");
    for (const std::string& each : names) hint += " " + each;
    x_diagnostics.error("D11", where, "unknown kind \"" + name + "\"", hint);
    return std::nullopt;
}

}  // namespace topology
