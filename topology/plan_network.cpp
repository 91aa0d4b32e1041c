// Which devices, addresses and routes stay, and in which order the others go and come.
#include "topology/plan_parts.hpp"

#include <algorithm>

namespace topology {
namespace {

// A veth stands at both of its ends; of each pair one is taken.
bool speaks_for_pair(const DeviceEnd& end, const Device& device) {
    return device.kind == Device::Kind::veth && end < device.peer;
}

// What others belong to: made before them.
bool is_master(const Device& device) {
    return device.kind == Device::Kind::bridge || device.kind == Device::Kind::vrf ||
           device.kind == Device::Kind::bond;
}

const Device* find_in(const Space& space, const std::string& name) {
    const auto found = space.devices.find(name);
    return found == space.devices.end() ? nullptr : &found->second;
}

// How many devices must be there before this one. No chain is longer than the namespace is full.
std::size_t height(const Space& space, const Device& device, std::size_t limit) {
    std::size_t out = 0;
    for (const std::string& name : {device.master, device.settings.lower})
        if (const Device* below = find_in(space, name); below != nullptr && limit > 0)
            out = std::max(out, 1 + height(space, *below, limit - 1));
    return out;
}

struct Placed {
    const std::string* space = nullptr;
    const Device* device = nullptr;
    std::size_t height = 0;
};

// All that are no veths, those below first.
template <class Entries>
std::vector<Placed> in_order(const Entries& spaces, bool masters) {
    std::vector<Placed> out;
    for (const auto* entry : spaces)
        for (const auto& [name, device] : entry->second.devices)
            if (device.kind != Device::Kind::veth && is_master(device) == masters)
                out.push_back({&entry->first, &device,
                               height(entry->second, device, entry->second.devices.size())});
    std::stable_sort(out.begin(), out.end(),
                     [](const Placed& a, const Placed& b) { return a.height < b.height; });
    return out;
}

// What a port is told goes with its being one.
void forget_port(Device& device) {
    device.master.clear();
    device.port = {};
    device.habits = {};
    device.vlans.clear();
}

// What nobody has asked of an interface of the host, or of the bridge that it is at.
void keep_as_it_is(const Device& wish, Device& seen) {
    if (wish.mac == Mac{}) seen.mac = {};
    if (wish.mtu == 0) seen.mtu = 0;
}

// Routes to gateways are looked up in those straight to a wire.
bool has_gateway(const Route& route) {
    return std::any_of(route.hops.begin(), route.hops.end(),
                       [](const Route::Hop& hop) { return hop.via.has_value(); });
}

}  // namespace

bool same_identity(const Device& wish, const Device& seen) {
    return wish.kind == seen.kind && wish.index == seen.index && wish.peer == seen.peer &&
           wish.settings == seen.settings;
}

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
    std::set<std::string> calm;
    for (const Entry& entry : seen.spaces)
        if (is_as_wished(entry)) calm.insert(entry.first);
    // A cable that is made anew is made anew at both ends.
    std::set<std::string> beside;
    for (const auto& [space, holds] : seen.spaces)
        if (!calm.contains(space))
            for (const auto& [name, device] : holds.devices) beside.insert(device.peer.space);
    for (const std::string& space : calm)
        for (const auto& [name, device] : seen.spaces.at(space).devices)
            if (!device.peer.space.empty() && !calm.contains(device.peer.space))
                beside.insert(space);
    for (const std::string& space : beside) calm.erase(space);
    for (const Entry& entry : seen.spaces)
        if (!calm.contains(entry.first)) seen_differing_.push_back(&entry);
    for (const Entry& entry : wish.spaces)
        if (!calm.contains(entry.first)) wish_differing_.push_back(&entry);
    for (const Entry* entry : seen_differing_) {
        const auto& [space, holds] = *entry;
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
    find_moves();
    // What sits on another device goes with it.
    for (const Placed& upper : in_order(seen_differing_, false)) {
        const std::string& lower = upper.device->settings.lower;
        if (!lower.empty() && lower != "lo" && !stays({*upper.space, lower}))
            staying_.erase({*upper.space, upper.device->name});
    }
}

// What is down loses its routes, and what names no interface cannot be told from others.
bool NetworkPlan::is_as_wished(const Entry& seen) const {
    const auto wished = wish_.spaces.find(seen.first);
    if (wished == wish_.spaces.end() || doomed_.contains(seen.first)) return false;
    const Space& space = seen.second;
    return space == wished->second &&
           std::all_of(space.devices.begin(), space.devices.end(),
                       [](const auto& named) { return named.second.up; }) &&
           std::all_of(space.routes.begin(), space.routes.end(), [](const auto& route) {
               const auto& hops = route.second.hops;
               return std::all_of(hops.begin(), hops.end(),
                                  [](const Route::Hop& hop) { return !hop.dev.empty(); });
           });
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
        // Into and out of a VRF the kernel takes an interface down and up.
        const Device* there = find_device(seen_, end);
        if (wished != nullptr && there != nullptr && wished->master != there->master) return true;
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
    change_ground(out);
    add_routes(out);
}

void NetworkPlan::remove_routes(std::vector<Step>& out) const {
    for (const Entry* entry : seen_differing_) {
        const auto& [space, holds] = *entry;
        if (!lives(space)) continue;
        for (const bool gateways : {true, false})
            for (const auto& [key, route] : holds.routes)
                if (has_gateway(route) == gateways && !route_stays(space, key, route))
                    out.push_back(RemoveRoute{space, route});
    }
}

void NetworkPlan::remove_addresses(std::vector<Step>& out) const {
    for (const Entry* entry : seen_differing_) {
        const auto& [space, holds] = *entry;
        if (!lives(space)) continue;
        for (const auto& [device, addresses] : holds.addresses)
            for (const Prefix& address : addresses)
                if (!address_stays({space, device}, address))
                    out.push_back(RemoveAddress{space, device, address});
    }
}

// A port that stays, or is plugged over later, while its bridge goes.
bool NetworkPlan::loses_bridge(const std::string& space, const Device& seen) const {
    const DeviceEnd end{space, seen.name};
    return !seen.master.empty() && (stays(end) || unplugged_.contains(end)) &&
           !stays({space, seen.master});
}

void NetworkPlan::remove_devices(std::vector<Step>& out) const {
    std::vector<Step> masters;
    const auto gone = [&](const Placed& placed) {
        return lives(*placed.space) && !stays({*placed.space, placed.device->name});
    };
    const std::vector<Placed> uppers = in_order(seen_differing_, false);
    for (auto upper = uppers.rbegin(); upper != uppers.rend(); ++upper)
        if (gone(*upper)) out.push_back(RemoveDevice{*upper->space, *upper->device});
    for (const Entry* entry : seen_differing_) {
        const auto& [space, holds] = *entry;
        if (!lives(space)) continue;
        for (const auto& [name, device] : holds.devices) {
            const DeviceEnd end{space, name};
            if (loses_bridge(space, device)) {
                Device released = device;
                forget_port(released);
                masters.push_back(ChangeDevice{space, device, released});
            }
            if (stays(end) || unplugged_.contains(end) || device.kind != Device::Kind::veth)
                continue;
            const Device* far = find_device(seen_, device.peer);
            const bool mutual = far != nullptr && far->peer == end && lives(device.peer.space);
            if (!mutual || speaks_for_pair(end, device))
                out.push_back(
                    RemoveVeth{space, device, device.peer.space, far != nullptr ? *far : Device{}});
        }
    }
    const std::vector<Placed> placed = in_order(seen_differing_, true);
    for (auto master = placed.rbegin(); master != placed.rend(); ++master)
        if (gone(*master)) masters.push_back(RemoveDevice{*master->space, *master->device});
    out.insert(out.end(), masters.begin(), masters.end());
}

void NetworkPlan::create_devices(std::vector<Step>& out) const {
    const auto create = [&](bool masters) {
        for (const Placed& placed : in_order(wish_differing_, masters))
            if (!stays({*placed.space, placed.device->name}))
                out.push_back(CreateDevice{*placed.space, *placed.device});
    };
    create(true);
    for (MoveVeth move : moves_) {
        if (loses_bridge(move.space, move.device)) forget_port(move.device);
        if (loses_bridge(move.from_space, move.from)) forget_port(move.from);
        out.push_back(std::move(move));
    }
    for (const Entry* entry : wish_differing_)
        for (const auto& [name, device] : entry->second.devices)
            if (speaks_for_pair({entry->first, name}, device) && !stays({entry->first, name}) &&
                !plugged_.contains({entry->first, name}))
                out.push_back(CreateVeth{entry->first, device, device.peer.space,
                                         *find_device(wish_, device.peer)});
    create(false);
}

// Ports before bridges: a bridge's MTU follows its ports' until it is told its own. What sits on
// another device follows its state and MTU, so it comes last.
void NetworkPlan::change_devices(std::vector<Step>& out) const {
    const auto change = [&](const std::string& space, const Device& device) {
        if (!stays({space, device.name})) return;
        Device from = *find_device(seen_, {space, device.name});
        from.peer = device.peer;  // the same, or plugged there before this
        if (loses_bridge(space, from)) forget_port(from);
        if (device.kind == Device::Kind::external || device.mtu == 0) keep_as_it_is(device, from);
        if (device.floods.empty()) from.floods.clear();  // somebody's else, of a VXLAN of his own
        if (serves(device.sends, from.sends)) from.sends = device.sends;
        if (serves(device.receives, from.receives)) from.receives = device.receives;
        if (from != device) out.push_back(ChangeDevice{space, from, device});
    };
    for (const Entry* entry : wish_differing_)
        for (const auto& [name, device] : entry->second.devices)
            if (device.kind == Device::Kind::veth) change(entry->first, device);
    for (const bool masters : {true, false})
        for (const Placed& placed : in_order(wish_differing_, masters))
            change(*placed.space, *placed.device);
}

void NetworkPlan::add_addresses(std::vector<Step>& out) const {
    for (const Entry* entry : wish_differing_) {
        const auto& [space, holds] = *entry;
        const auto there = seen_.spaces.find(space);
        for (const auto& [device, addresses] : holds.addresses)
            for (const Prefix& address : addresses) {
                if (stays({space, device}) && there->second.addresses.contains(device) &&
                    there->second.addresses.at(device).contains(address))
                    continue;
                out.push_back(AddAddress{space, device, address});
            }
    }
}

// What a newborn has by birth. The kernel's route of an address that comes back, or of a device
// that goes up, comes by itself.
void NetworkPlan::change_ground(std::vector<Step>& out) const {
    for (const Entry* entry : wish_differing_) {
        const auto& [space, holds] = *entry;
        if (!lives(space)) continue;
        const Space& there_now = seen_.spaces.at(space);
        Ground from = heeded(holds.ground, there_now.ground);
        for (auto& [device, addresses] : from.routes) {
            const DeviceEnd end{space, device};
            const auto held = there_now.addresses.find(device);
            const Device *wished = find_device(wish_, end), *there = find_device(seen_, end);
            const bool is_up = wished != nullptr && wished->up && there != nullptr && there->up;
            std::erase_if(addresses, [&](const Prefix& address) {
                return !is_up || !address_stays(end, address) ||
                       held == there_now.addresses.end() || !held->second.contains(address);
            });
        }
        std::erase_if(from.routes, [](const auto& lost) { return lost.second.empty(); });
        for (std::set<std::string>* lost : {&from.no_arp, &from.no_multicast, &from.no_link_local})
            std::erase_if(*lost, [&, at = space](const std::string& device) {
                return !stays({at, device});
            });
        if (from != holds.ground) out.push_back(ChangeGround{space, from, holds.ground});
    }
}

void NetworkPlan::add_routes(std::vector<Step>& out) const {
    for (const Entry* entry : wish_differing_) {
        const auto& [space, holds] = *entry;
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
}

}  // namespace topology
