// Nodes that stop and start. A stopped one has no processes; its namespace and its cables stay, so
// that neighbours see a carrier go and come, as with a machine that is switched off.
#include "topology/desired.hpp"
#include "topology/plan_parts.hpp"

namespace topology {

void put_to_sleep(State& wish, const std::string& node) {
    const auto space = wish.spaces.find(node);
    if (space == wish.spaces.end() || !wish.contents.contains(node)) return;
    wish.contents.erase(node);
    space->second.routes.clear();  // they go with their interfaces
    space->second.ground = {};     // nobody routes there
    for (auto& entry : space->second.devices) entry.second.up = false;
}

std::set<std::string> waking_nodes(const State& wish, const State& seen,
                                   const std::set<std::string>& doomed) {
    std::set<std::string> out;
    for (const auto& entry : wish.contents)
        if (seen.spaces.contains(entry.first) && !seen.contents.contains(entry.first) &&
            !doomed.contains(entry.first))
            out.insert(entry.first);
    return out;
}

State awakened(const State& seen, const std::set<std::string>& waking) {
    State out = seen;
    for (const std::string& node : waking) {
        Space& space = out.spaces.at(node);
        space.addresses.clear();
        space.routes.clear();
        space.ground = {};  // not looked at
        std::erase_if(space.devices, [](const auto& entry) {
            return entry.second.kind != Device::Kind::veth && !reaches_out(entry.second.kind);
        });
        for (auto& [name, device] : space.devices) {
            device.up = false;
            device.master.clear();
            device.port = {};
            device.habits = {};
            device.vlans.clear();
            device.quiet = device.mtu < ipv6_mtu;
            device.sends = device.receives = {};  // the kernel forgets them on the way
        }
    }
    return out;
}

}  // namespace topology
