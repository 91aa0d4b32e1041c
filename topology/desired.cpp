// A lab as the kernel should hold it.
#include "topology/desired.hpp"

namespace topology {
namespace {

// Without a way out a nat says so at once, and programs try the other family.
void end_ipv6_at_uplinks(State& state) {
    for (auto& [name, space] : state.spaces)
        std::erase_if(space.routes, [&devices = space.devices](const auto& entry) {
            const Route& route = entry.second;
            if (route.destination.ip.family != Family::ipv6 || route.hops.empty()) return false;
            const auto device = devices.find(route.hops.front().dev);
            return device != devices.end() && device->second.kind == Device::Kind::uplink;
        });
}

}  // namespace

State desired(const Lab& lab, const BackEnds& kernel) {
    State out;
    for (const Node& node : lab.nodes)
        if (!node.is_outside()) {
            Space& space = out.spaces[node.name];
            space.kind = node.has_process() ? Space::Kind::node : Space::Kind::bridge;
            space.ground = ground_of(node);
        }
    desired_devices(lab, out);
    fit(out, kernel);
    desired_network(lab, out);
    if (!kernel.uplink_ipv6) end_ipv6_at_uplinks(out);
    desired_contents(lab, out);
    return out;
}

}  // namespace topology
