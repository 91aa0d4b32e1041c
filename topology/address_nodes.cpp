// Ids and loopbacks: both are the node's own number, independent of its links.
#include "topology/address.hpp"

#include <set>

namespace topology {
namespace {

bool has_loopback(const Node& node) {
    return node.loopback || !node.explicit_loopbacks.empty();
}

std::optional<Prefix> from_pool(const std::optional<Prefix>& pool, std::uint64_t number) {
    if (!pool) return std::nullopt;
    const bool v4 = pool->ip.family == Family::ipv4;
    const Number offset = v4 ? Number{number} : as_digits(number);
    const Number base = first_number(*pool);
    if (offset > last_number(*pool) - base) return std::nullopt;
    return make_prefix(pool->ip.family, base + offset, pool->ip.bits());
}

}  // namespace

void number_nodes(Lab& lab, const Numbering& running, Diagnostics& diagnostics) {
    const Pool none;
    const auto found = lab.addressing.pools.find("loopbacks");
    const Pool& pool = found == lab.addressing.pools.end() ? none : found->second;

    // What is written comes first; what is automatic flows around it.
    std::set<std::uint32_t> ids;
    std::set<Ip> written;
    for (const Node& node : lab.nodes) {
        if (node.id) ids.insert(*node.id);
        for (const auto& loopback : node.explicit_loopbacks) written.insert(loopback.first.ip);
        for (const Interface& interface : node.interfaces)
            for (const auto& address : interface.explicit_addresses)
                written.insert(address.first.ip);
    }
    const auto held = [&](std::uint64_t number) {
        const auto v4 = from_pool(pool.ipv4, number), v6 = from_pool(pool.ipv6, number);
        return (v4 && written.count(v4->ip) != 0) || (v6 && written.count(v6->ip) != 0);
    };

    const auto numbered = [](const Node& node) { return node.forwards() || has_loopback(node); };
    for (Node& node : lab.nodes) {
        const auto kept = running.ids.find(node.name);
        if (node.id || kept == running.ids.end() || !numbered(node)) continue;
        if (!held(std::uint64_t{pool.start} + kept->second) && ids.insert(kept->second).second)
            node.id = kept->second;
    }
    std::uint32_t next = 1;
    for (Node& node : lab.nodes) {
        node.loopbacks.clear();
        if (!numbered(node)) continue;
        if (!node.id) {
            while (ids.count(next) != 0 || (held(pool.start + next) && next < 65535)) ++next;
            node.id = next++;
        }
        for (const auto& loopback : node.explicit_loopbacks)
            node.loopbacks.push_back(loopback.first);
        if (!node.explicit_loopbacks.empty() || !node.loopback) continue;
        for (const std::optional<Prefix>& base : {pool.ipv4, pool.ipv6}) {
            if (!base) continue;
            const bool v4 = base->ip.family == Family::ipv4;
            if (!(v4 ? lab.addressing.ipv4 : lab.addressing.ipv6)) continue;
            if (const auto loopback = from_pool(base, std::uint64_t{pool.start} + *node.id))
                node.loopbacks.push_back(*loopback);
            else
                diagnostics.error("D30", node.where,
                                  "pool \"loopbacks\" (" + base->text() + ") has no room for " +
                                      node.name + ", whose id is " + std::to_string(*node.id),
                                  "widen it");
        }
    }
}

}  // namespace topology
