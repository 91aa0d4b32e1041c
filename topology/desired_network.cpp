// Addresses and routes of nodes, without those that the kernel would refuse or drop.
#include "topology/desired.hpp"

namespace topology {
namespace {

// The kernel's own default for IPv6, which it shows though nobody wrote it.
constexpr std::uint32_t ipv6_metric = 1024;

bool carries(const Interface& interface, Family family) {
    return family == Family::ipv4 || interface.mtu >= ipv6_mtu;
}

const Interface* find(const Node& node, const std::string& name) {
    for (const Interface& interface : node.interfaces)
        if (interface.name == name) return &interface;
    return nullptr;
}

// The interface that a hop leaves by; nullptr when it is lo or cannot be told.
const Interface* way_out(const Node& node, const Route::Hop& hop) {
    if (!hop.dev.empty()) return find(node, hop.dev);
    const Interface* down = nullptr;
    for (const Interface& interface : node.interfaces)
        for (const Prefix& prefix : interface.addresses)
            if (hop.via && prefix.contains(*hop.via)) {
                if (interface.up) return &interface;
                down = &interface;
            }
    return down;
}

// nullopt when no hop is left of one that had some.
std::optional<Route> feasible(const Node& node, const Route& route) {
    Route out = route;
    out.destination = route.destination.network();
    if (out.destination.ip.family == Family::ipv6 && out.metric == 0) out.metric = ipv6_metric;
    std::erase_if(out.hops, [&](const Route::Hop& hop) {
        const Interface* interface = way_out(node, hop);
        const Family family = hop.via ? hop.via->family : out.destination.ip.family;
        return interface != nullptr && (!interface->up || !carries(*interface, family));
    });
    if (out.hops.empty() && !route.hops.empty()) return std::nullopt;
    return out;
}

}  // namespace

void desired_network(const Lab& lab, State& state) {
    for (const Node& node : lab.nodes) {
        if (node.is_outside()) continue;
        Space& space = state.spaces[node.name];
        for (const Prefix& prefix : node.loopbacks) space.addresses["lo"].insert(prefix);
        for (const Interface& interface : node.interfaces)
            for (const Prefix& prefix : interface.addresses)
                if (carries(interface, prefix.ip.family))
                    space.addresses[interface.name].insert(prefix);
        for (const Route& route : node.routes)
            if (const auto kept = feasible(node, route))
                space.routes.insert({{kept->destination, kept->table, kept->metric}, *kept});
    }
}

}  // namespace topology
