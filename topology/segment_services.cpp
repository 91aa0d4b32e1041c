#include "topology/segment_services.hpp"

#include "topology/keys.hpp"
#include "topology/node_set.hpp"
#include "topology/resolved.hpp"

#include <algorithm>

namespace topology {
namespace {

constexpr double longest_lease_s = 4294967294.0;  // 32 bits on the wire, all ones: for ever

std::optional<std::uint32_t> read_seconds(const Value& value, double least, double most,
                                          Context& context) {
    const std::optional<double> seconds = context.reader.seconds(value, "s");
    if (!seconds) return std::nullopt;
    if (*seconds < least || *seconds > most) {
        context.diagnostics.error("VALUE", value.where,
                                  "expected " + std::to_string(static_cast<long>(least)) +
                                      " s to " + std::to_string(static_cast<long>(most)) + " s");
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(*seconds);
}

std::optional<std::pair<Ip, Ip>> read_range(const Value& value, Context& context) {
    const std::optional<std::string> text = context.reader.string(value);
    if (!text) return std::nullopt;
    const std::size_t dash = text->find('-');
    if (dash != std::string::npos) {
        const auto first = Ip::parse(text->substr(0, dash)),
                   last = Ip::parse(text->substr(dash + 1));
        if (first && last && first->family == Family::ipv4 && last->family == Family::ipv4 &&
            *first <= *last)
            return std::pair(*first, *last);
    }
    context.diagnostics.error("VALUE", value.where, "\"" + *text + "\" is no range of addresses",
                              "\"10.0.1.100-10.0.1.199\"");
    return std::nullopt;
}

// A node or an address.
bool is_known(const Text& text, std::string_view what, const NodeList& nodes, Context& context) {
    if (Ip::parse(text.text) || nodes.find(text.text) != npos) return true;
    unknown_node(text.text, text.where, what, nodes, context.diagnostics);
    return false;
}

}  // namespace

std::optional<Dhcp> read_dhcp(const Value& value, const NodeList& nodes, Context& context) {
    Dhcp out;
    out.where = value.where;
    if (!value.is(Value::Type::table)) {
        if (!context.reader.boolean(value).value_or(false)) return std::nullopt;
        return out;
    }
    refuse_unknown_keys(value, KeyTable{"dhcp", {"server", "range", "lease", "dns"}},
                        context.diagnostics);
    if (const Value* server = value.find("server"))
        if (const auto name = context.reader.text(*server)) {
            if (nodes.find(name->text) == npos)
                unknown_node(name->text, name->where, "dhcp", nodes, context.diagnostics);
            else
                out.server = *name;
        }
    if (const Value* range = value.find("range")) out.range = read_range(*range, context);
    // dnsmasq gives no lease for less than two minutes.
    if (const Value* lease = value.find("lease"))
        out.lease_s = read_seconds(*lease, 120, longest_lease_s, context).value_or(out.lease_s);
    if (const Value* dns = value.find("dns"))
        for (Text& one : context.reader.texts("dns", *dns))
            if (is_known(one, "dhcp", nodes, context)) out.dns.push_back(std::move(one));
    return out;
}

std::optional<Advertise> read_advertise(const Value& value, Context& context) {
    Advertise out;
    out.where = value.where;
    if (!value.is(Value::Type::table)) {
        if (!context.reader.boolean(value).value_or(false)) return std::nullopt;
        return out;
    }
    refuse_unknown_keys(value, KeyTable{"ra", {"slaac", "onlink", "managed", "other", "lifetime"}},
                        context.diagnostics);
    const auto flag = [&](const char* key, bool otherwise) {
        const Value* found = value.find(key);
        return found == nullptr ? otherwise : context.reader.boolean(*found).value_or(otherwise);
    };
    out.slaac = flag("slaac", true);
    out.onlink = flag("onlink", true);
    out.other = flag("other", false);
    if (const Value* managed = value.find("managed"); managed != nullptr && !managed->is_false())
        context.later("\"managed\" of ra", managed->where);
    if (!out.slaac) context.later("\"slaac = false\" of ra", value.find("slaac")->where);
    // RFC 4861: at most 9000 s.
    if (const Value* lifetime = value.find("lifetime"))
        out.lifetime_s = read_seconds(*lifetime, 0, 9000, context).value_or(out.lifetime_s);
    return out;
}

bool is_same(const Dhcp& a, const Dhcp& b) {
    return dhcp_text(a) == dhcp_text(b) && a.own == b.own;
}

bool is_same(const Advertise& a, const Advertise& b) {
    return advertise_text(a) == advertise_text(b);
}

std::string dhcp_text(const Dhcp& dhcp) {
    TomlTable table;
    if (!dhcp.server.text.empty()) table.text("server", dhcp.server.text);
    if (dhcp.range) table.text("range", dhcp.range->first.text() + "-" + dhcp.range->second.text());
    if (dhcp.lease_s != Dhcp{}.lease_s) table.text("lease", std::to_string(dhcp.lease_s) + "s");
    std::vector<std::string> dns;
    for (const Text& one : dhcp.dns) dns.push_back(one.text);
    if (!dns.empty()) table.raw("dns", toml_list(dns));
    return table.empty() ? "true" : table.inline_();
}

std::string advertise_text(const Advertise& advertise) {
    TomlTable table;
    if (!advertise.onlink) table.raw("onlink", "false");
    if (advertise.other) table.raw("other", "true");
    if (advertise.lifetime_s != Advertise{}.lifetime_s)
        table.text("lifetime", std::to_string(advertise.lifetime_s) + "s");
    return table.empty() ? "true" : table.inline_();
}

}  // namespace topology
