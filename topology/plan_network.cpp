// Which devices, addresses and routes stay, and in which order the others go and come.
#include "topology/plan_parts.hpp"

#include <algorithm>

namespace topology {
namespace {

// What makes a device another one; everything else can be changed while it runs.
bool same_identity(const Device& wish, const Device& seen) {
    return wish.kind == seen.kind && wish.index == seen.index && wish.peer == seen.peer;
}

// A veth stands at both of its ends; of each pair one is taken.
bool speaks_for_pair(const DeviceEnd& end, const Device& device) {
    return device.kind == Device::Kind::veth && end < device.peer;
}

// Routes to gateways are looked up in those straight to a wire.
bool has_gateway(const Route& route) {
    return std::any_of(route.hops.begin(), route.hops.end(),
                       [](const Route::Hop& hop) { return hop.via.has_value(); });
}

}  // namespace

bool serves(const Route& wish, const Route& seen) {
    if (wish.hops.size() != seen.hops.size()) return false;
    if (!wish.hops.empty() && wish.onlink != seen.onlink) return false;
    std::vector<Route::Hop> open = seen.hops;
    // Those that say their interface first: they have less choice.
    std::vector<Route::Hop> asked = wish.hops;
    std::stable_partition(asked.begin(), asked.end(),
                          [](const Route::Hop& hop) { return !hop.dev.empty(); });
    for (const Route::Hop& hop : asked) {
        const auto match = std::find_if(open.begin(), open.end(), [&](const Route::Hop& other) {
            return hop.via == other.via && (hop.dev.empty() || hop.dev == other.dev);
        });
        if (match == open.end()) return false;
        open.erase(match);
    }
    return true;
}

NetworkPlan::NetworkPlan(const State& wish, const State& seen, const std::set<std::string>& doomed)
    : wish_(wish), seen_(seen), doomed_(doomed) {
    for (const auto& [space, holds] : seen.spaces) {
        if (!lives(space)) continue;
        for (const auto& [name, device] : holds.devices) {
            const DeviceEnd end{space, name};
            const Device* wished = find_device(wish, end);
            if (wished == nullptr || !same_identity(*wished, device)) continue;
            if (device.kind == Device::Kind::veth) {
                const Device* far = find_device(seen, device.peer);
                const Device* far_wished = find_device(wish, device.peer);
                if (!lives(device.peer.space) || far == nullptr || far_wished == nullptr) continue;
                if (!same_identity(*far_wished, *far) || far->peer != end) continue;
            }
            staying_.insert(end);
        }
    }
}

bool NetworkPlan::lives(const std::string& space) const {
    return seen_.spaces.contains(space) && !doomed_.contains(space);
}

bool NetworkPlan::stays(const DeviceEnd& end) const {
    return end.device == "lo" ? lives(end.space) : staying_.contains(end);
}

bool NetworkPlan::address_stays(const DeviceEnd& end, const Prefix& address) const {
    if (!stays(end)) return false;
    const auto& wished = wish_.spaces.at(end.space).addresses;
    const auto there = wished.find(end.device);
    return there != wished.end() && there->second.contains(address);
}

// The kernel drops routes with their interface, when it goes down, and all of a family when it
// loses its last address of that family; so these go and come back around it, perhaps elsewhere.
bool NetworkPlan::disturbed(const std::string& space, const Route& seen) const {
    const auto& addresses = seen_.spaces.at(space).addresses;
    return std::any_of(seen.hops.begin(), seen.hops.end(), [&](const Route::Hop& hop) {
        const DeviceEnd end{space, hop.dev};
        if (hop.dev.empty() || !stays(end)) return true;
        const Device* wished = find_device(wish_, end);  // none for lo
        if (wished != nullptr && !wished->up) return true;
        const auto held = addresses.find(hop.dev);
        if (held == addresses.end()) return false;
        const Family family = hop.via ? hop.via->family : seen.destination.ip.family;
        return std::any_of(held->second.begin(), held->second.end(), [&](const Prefix& address) {
            return (address.ip.family == family ||
                    address.ip.family == seen.destination.ip.family) &&
                   !address_stays(end, address);
        });
    });
}

bool NetworkPlan::route_stays(const std::string& space, const RouteKey& key,
                              const Route& seen) const {
    const auto& wished = wish_.spaces.at(space).routes;
    const auto there = wished.find(key);
    return there != wished.end() && serves(there->second, seen) && !disturbed(space, seen);
}

void NetworkPlan::removals(std::vector<Step>& out) const {
    remove_routes(out);
    remove_addresses(out);
    remove_devices(out);
}

void NetworkPlan::creations(std::vector<Step>& out) const {
    create_devices(out);
    change_devices(out);
    add_addresses(out);
    add_routes(out);
}

void NetworkPlan::remove_routes(std::vector<Step>& out) const {
    for (const auto& [space, holds] : seen_.spaces) {
        if (!lives(space)) continue;
        for (const bool gateways : {true, false})
            for (const auto& [key, route] : holds.routes)
                if (has_gateway(route) == gateways && !route_stays(space, key, route))
                    out.push_back(RemoveRoute{space, route});
    }
}

void NetworkPlan::remove_addresses(std::vector<Step>& out) const {
    for (const auto& [space, holds] : seen_.spaces) {
        if (!lives(space)) continue;
        for (const auto& [device, addresses] : holds.addresses)
            for (const Prefix& address : addresses)
                if (!address_stays({space, device}, address))
                    out.push_back(RemoveAddress{space, device, address});
    }
}

// A port that stays while its bridge goes.
bool NetworkPlan::loses_bridge(const std::string& space, const Device& seen) const {
    return !seen.master.empty() && stays({space, seen.name}) && !stays({space, seen.master});
}

void NetworkPlan::remove_devices(std::vector<Step>& out) const {
    std::vector<Step> bridges;
    for (const auto& [space, holds] : seen_.spaces) {
        if (!lives(space)) continue;
        for (const auto& [name, device] : holds.devices) {
            const DeviceEnd end{space, name};
            if (loses_bridge(space, device)) {
                Device released = device;
                released.master.clear();
                bridges.push_back(ChangeDevice{space, device, released});
            }
            if (stays(end) || device.kind != Device::Kind::veth) continue;
            const Device* far = find_device(seen_, device.peer);
            const bool mutual = far != nullptr && far->peer == end && lives(device.peer.space);
            if (!mutual || speaks_for_pair(end, device))
                out.push_back(
                    RemoveVeth{space, device, device.peer.space, far != nullptr ? *far : Device{}});
        }
    }
    for (const auto& [space, holds] : seen_.spaces)
        for (const auto& [name, device] : holds.devices)
            if (lives(space) && device.kind == Device::Kind::bridge && !stays({space, name}))
                bridges.push_back(RemoveBridge{space, device});
    out.insert(out.end(), bridges.begin(), bridges.end());
}

void NetworkPlan::create_devices(std::vector<Step>& out) const {
    for (const auto& [space, holds] : wish_.spaces)
        for (const auto& [name, device] : holds.devices)
            if (device.kind == Device::Kind::bridge && !stays({space, name}))
                out.push_back(CreateBridge{space, device});
    for (const auto& [space, holds] : wish_.spaces)
        for (const auto& [name, device] : holds.devices)
            if (speaks_for_pair({space, name}, device) && !stays({space, name}))
                out.push_back(
                    CreateVeth{space, device, device.peer.space, *find_device(wish_, device.peer)});
}

// Ports before bridges: a bridge's MTU follows its ports' until it is told its own.
void NetworkPlan::change_devices(std::vector<Step>& out) const {
    for (const Device::Kind kind : {Device::Kind::veth, Device::Kind::bridge})
        for (const auto& [space, holds] : wish_.spaces)
            for (const auto& [name, device] : holds.devices) {
                if (device.kind != kind || !stays({space, name})) continue;
                Device from = *find_device(seen_, {space, name});
                if (loses_bridge(space, from)) from.master.clear();
                if (serves(device.sends, from.sends)) from.sends = device.sends;
                if (serves(device.receives, from.receives)) from.receives = device.receives;
                if (from != device) out.push_back(ChangeDevice{space, from, device});
            }
}

void NetworkPlan::add_addresses(std::vector<Step>& out) const {
    for (const auto& [space, holds] : wish_.spaces)
        for (const auto& [device, addresses] : holds.addresses) {
            const auto there = seen_.spaces.find(space);
            for (const Prefix& address : addresses) {
                if (stays({space, device}) && there->second.addresses.contains(device) &&
                    there->second.addresses.at(device).contains(address))
                    continue;
                out.push_back(AddAddress{space, device, address});
            }
        }
}

void NetworkPlan::add_routes(std::vector<Step>& out) const {
    for (const auto& [space, holds] : wish_.spaces)
        for (const bool gateways : {false, true})
            for (const auto& [key, route] : holds.routes) {
                if (has_gateway(route) != gateways) continue;
                if (lives(space)) {
                    const auto& there = seen_.spaces.at(space).routes;
                    const auto seen = there.find(key);
                    if (seen != there.end() && route_stays(space, key, seen->second)) continue;
                }
                out.push_back(AddRoute{space, route});
            }
}

}  // namespace topology
