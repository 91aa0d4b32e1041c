// The tables of language.md §2 to §6 and §11, and the one rule for what they do not list.
#include "topology/keys.hpp"

#include "topology/check_subjects.hpp"
#include "topology/other_words.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <array>

namespace topology {
namespace {

using Words = std::vector<std::string_view>;

Words operator+(Words left, const Words& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

const Words& ends() {
    static const Words words =
        Words{"addresses", "ipv4",     "ipv6",   "mac",     "mtu",     "cost",
              "area",      "priority", "timers", "port",    "passive", "vrf",
              "vlan",      "vlans",    "native", "gateway", "up",      "udp-port"} +
        impairment_keys();
    return words;
}

const Words& segments() {
    static const Words words{"prefix", "pool", "gateway", "dhcp", "ra", "private"};
    return words;
}

const Words& nodes() {
    static const Words words = Words{"kind",       "id",       "loopback",
                                     "addresses",  "ipv4",     "ipv6",
                                     "mac",        "mtu",      "routing",
                                     "asn",        "area",     "rr",
                                     "announce",   "ecmp",     "timers",
                                     "frr",        "routes",   "vrfs",
                                     "svi",        "stp",      "vlan-filtering",
                                     "masquerade", "forward",  "nft",
                                     "mpls",       "dns",      "files",
                                     "overlay",    "exec",     "run",
                                     "env",        "sysctl",   "wait-for",
                                     "interfaces", "device",   "cpu",
                                     "memory",     "pids",     "namespaces",
                                     "user",       "hostname", "label",
                                     "labels",     "icon",     "pos",
                                     "level",      "root",     "clock"} +
                               segments();
    return words;
}

// D66: what others have and labd has not.
struct Absent {
    std::string_view key, message;
};
constexpr std::array<Absent, 17> absent{{
    {"image", "labd has no images"},
    {"images", "labd has no images"},
    {"docker", "labd has no images"},
    {"dockerfile", "labd has no images"},
    {"container", "labd has no images"},
    {"binds", "labd has no containers"},
    {"volumes", "labd has no containers"},
    {"ports", "labd has no containers"},
    {"privileged", "labd has no containers"},
    {"startup-config", "labd has no images"},
    {"mgmt", "labd has no management network"},
    {"wlan", "labd has no wireless"},
    {"wifi", "labd has no wireless"},
    {"wireless", "labd has no wireless"},
    {"ssid", "labd has no wireless"},
    {"radio", "labd has no wireless"},
    {"channel", "labd has no wireless"},
}};

bool lists(const KeyTable& table, std::string_view key) {
    return std::find(table.keys.begin(), table.keys.end(), key) != table.keys.end();
}

// A key that is right, at the wrong place; "" for one that is right nowhere.
std::string where_it_belongs(std::string_view key, const KeyTable& known) {
    const auto is = [&](std::initializer_list<const KeyTable*> tables) {
        return std::find(tables.begin(), tables.end(), &known) != tables.end();
    };
    if (!is({&file_keys(), &defaults_keys(), &node_keys(), &kind_keys(), &link_keys(),
             &link_default_keys(), &end_keys(), &interface_keys()}))
        return "";
    if (is({&defaults_keys()}) && key.size() > 1 && key.back() == 's' &&
        lists(known, key.substr(0, key.size() - 1))) {
        const std::string one(key.substr(0, key.size() - 1));
        return "did you mean \"" + one + "\"? [defaults." + one + "]";
    }
    if (lists(node_keys(), key) && !is({&node_keys(), &kind_keys()})) {
        // "mtu" and "vrf" are of both.
        const bool both = lists(link_keys(), key) && is({&file_keys(), &defaults_keys()});
        return std::string("a key of nodes") + (both ? " and links" : "") +
               ": write it at one of them, or in [defaults.node]" +
               (both ? " or [defaults.link]" : "");
    }
    if (lists(link_keys(), key) && is({&link_default_keys()}))
        return "what one link is called or joins is no default: write it in its [[link]] table";
    if (lists(link_keys(), key))
        return "a key of links: write it in one's [[link]] table, or in [defaults.link]";
    if (lists(file_keys(), key)) return "a key of the file: write it above the first [table]";
    if (lists(check_keys(), key)) return "a key of checks: write it in a [[check]] table";
    return "";
}

}  // namespace

const Words& impairment_keys() {
    static const Words words{"delay",   "jitter",    "distribution", "order",  "loss",
                             "corrupt", "duplicate", "reorder",      "rate",   "burst",
                             "limit",   "queue",     "seed",         "backend"};
    return words;
}

const KeyTable& file_keys() {
    static const KeyTable table{
        "the file",
        {"name",  "description", "include", "needs", "names",  "level",      "group",
         "allow", "seed",        "links",   "vars",  "matrix", "addressing", "defaults",
         "kinds", "nodes",       "vlans",   "link",  "check",  "step",       "exercise"}};
    return table;
}

const KeyTable& node_keys() {
    static const KeyTable table{"a node", nodes()};
    return table;
}

const KeyTable& kind_keys() {
    static const KeyTable table{"a kind", nodes() + Words{"extends"}};
    return table;
}

const KeyTable& link_keys() {
    static const KeyTable table{
        "a link", Words{"endpoints", "lan",    "chain", "ring",  "full", "star",   "mesh",
                        "zip",       "for",    "name",  "count", "bond", "type",   "over",
                        "key",       "ifname", "a",     "b",     "ends", "labels", "capture"} +
                      ends() + segments()};
    return table;
}

const KeyTable& link_default_keys() {
    static const KeyTable table = [] {
        Words words =
            Words{"count", "type", "ifname", "labels", "capture", "bond"} + ends() + segments();
        std::erase(words, "addresses");
        std::erase(words, "mac");
        std::erase(words, "prefix");
        return KeyTable{"the defaults of links", words};
    }();
    return table;
}

const KeyTable& end_keys() {
    static const KeyTable table{"an end of a link", ends()};
    return table;
}

const KeyTable& interface_keys() {
    static const KeyTable table{
        "an interface", ends() + Words{"type", "parent", "ports", "id", "local", "remote", "mode",
                                       "learning", "vlan-filtering", "stp", "key"}};
    return table;
}

const KeyTable& addressing_switches() {
    static const KeyTable table{"[addressing]", {"auto", "ipv4", "ipv6", "prefer"}};
    return table;
}

const KeyTable& pool_keys() {
    static const KeyTable table{"a pool", {"ipv4", "ipv6", "prefix4", "prefix6", "start"}};
    return table;
}

const KeyTable& service_keys() {
    static const KeyTable table{
        "a service",
        {"name", "cmd", "ready", "after", "restart", "env", "user", "dir", "stop", "grace"}};
    return table;
}

const KeyTable& file_value_keys() {
    static const KeyTable table{"a file", {"text", "from", "mode", "owner", "template"}};
    return table;
}

const KeyTable& star_keys() {
    static const KeyTable table{"a star", {"hub", "to"}};
    return table;
}

const KeyTable& check_keys() {
    static const KeyTable table = [] {
        Words words;
        const auto add = [&](const Words& more) {
            for (const std::string_view word : more)
                if (std::find(words.begin(), words.end(), word) == words.end())
                    words.push_back(word);
        };
        for (const SubjectWord& subject : subject_words()) add({subject.key});
        add(common_check_keys());
        for (const SubjectWord& subject : subject_words()) add(subject.options);
        return KeyTable{"a check", words};
    }();
    return table;
}

const KeyTable& step_keys() {
    static const KeyTable table{
        "a step", Words{"at", "up", "down", "flap", "stop", "start", "kill", "impair", "clear",
                        "run", "check", "sample", "for", "every", "name", "from"} +
                      impairment_keys()};
    return table;
}

const KeyTable& exercise_keys() {
    static const KeyTable table{"[exercise]", {"title", "text", "solution"}};
    return table;
}

const KeyTable& defaults_keys() {
    static const KeyTable table{"[defaults]", {"node", "link", "check"}};
    return table;
}

bool is_free_key(std::string_view key) {
    return key.substr(0, 2) == "x-";
}

bool is_impairment_key(std::string_view key) {
    const Words& words = impairment_keys();
    return std::find(words.begin(), words.end(), key) != words.end();
}

bool is_end_key(std::string_view key) {
    return std::find(ends().begin(), ends().end(), key) != ends().end();
}

void refuse_unknown_keys(const Value& table, const KeyTable& known, Diagnostics& diagnostics,
                         Advice advice) {
    for (const Member& member : table.members) {
        if (is_free_key(member.key)) continue;
        if (lists(known, member.key)) continue;
        const auto foreign = std::find_if(absent.begin(), absent.end(),
                                          [&](const Absent& a) { return a.key == member.key; });
        if (foreign != absent.end()) {
            diagnostics.error("D66", member.where, std::string(foreign->message),
                              "containers → containerlab; radio → CORE, mininet-wifi");
            continue;
        }
        // A key below a header belongs to the header: the commonest trap of TOML.
        const bool list = member.value.is(Value::Type::array);
        if (list && (member.key == "links" || member.key == "include" || member.key == "needs" ||
                     member.key == "allow")) {
            diagnostics.error("D7", member.where,
                              "\"" + member.key + "\" is inside " + std::string(known.where),
                              "move it above the first [table] line");
            continue;
        }
        std::string advised =
            advice != nullptr ? advice(member.key, known) : other_tools_word(member.key, known);
        if (advised.empty() && advice == nullptr) advised = where_it_belongs(member.key, known);
        if (!advised.empty()) {
            diagnostics.error("D1", member.where,
                              "unknown key \"" + member.key + "\" in " + std::string(known.where),
                              advised);
            continue;
        }
        std::string hint = did_you_mean(member.key, known.keys);
        hint += (hint.empty() ? "" : " ") + std::string("free keys start with \"x-\"");
        diagnostics.error("D1", member.where,
                          "unknown key \"" + member.key + "\" in " + std::string(known.where),
                          hint);
    }
}

}  // namespace topology
