// See segment_keys.hpp. Two different values within one segment are for `validate` (D32).
#include "topology/segment_keys.hpp"

#include "topology/node_set.hpp"
#include "topology/segment_services.hpp"
#include "topology/suggest.hpp"

namespace topology {

std::optional<Text> read_gateway(const Value& value, const NodeList& nodes, Context& context) {
    if (value.is_false()) return Text{"", value.where};
    std::optional<Text> text = context.reader.text(value);
    if (!text) return std::nullopt;
    if (!Ip::parse(text->text) && nodes.find(text->text) == npos) {
        unknown_node(text->text, value.where, "a gateway", nodes, context.diagnostics);
        return std::nullopt;
    }
    return text;
}

bool read_segment_key(const Member& member, const NodeList& nodes, Context& context,
                      SegmentKeys& keys) {
    const Value& value = member.value;
    if (member.key == "prefix") {
        keys.prefixes = context.reader.networks(value);
        std::size_t families[2] = {0, 0};
        for (const auto& [prefix, where] : keys.prefixes)
            if (++families[prefix.ip.family == Family::ipv6 ? 1 : 0] > 1)
                context.diagnostics.error("D32", where,
                                          "this network has two prefixes of one family",
                                          "one prefix per network and family");
    } else if (member.key == "pool") {
        const std::optional<Text> pool = context.reader.text(value);
        if (!pool) return true;
        const auto& pools = context.addressing.pools;
        if (pools.count(pool->text) == 0) {
            std::vector<std::string> names;
            names.reserve(pools.size());
            for (const auto& [name, p] : pools) names.push_back(name);
            std::string hint = did_you_mean(pool->text, names);
            if (hint.empty())
                hint = pool->text + " = { ipv4 = \"10.1.0.0/16\" } under [addressing]";
            context.diagnostics.error("VALUE", value.where,
                                      "no pool \"" + pool->text + "\" in [addressing]", hint);
        }
        keys.pool = *pool;
    } else if (member.key == "gateway") {
        keys.gateway = read_gateway(value, nodes, context);
    } else if (member.key == "private") {
        keys.private_ = context.reader.boolean(value);
    } else if (member.key == "dhcp") {
        keys.dhcp = read_dhcp(value, nodes, context);
    } else if (member.key == "x-dhcp") {
        if (context.reader.boolean(value).value_or(false)) {
            keys.dhcp = Dhcp{};
            keys.dhcp->own = true;
            keys.dhcp->where = member.where;
        }
    } else if (member.key == "ra") {
        keys.ra = read_advertise(value, context);
    } else {
        return false;
    }
    return true;
}

}  // namespace topology
