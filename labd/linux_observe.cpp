// What a namespace holds of labd's, told by the marks that labd put on it.
#include "labd/linux_convert.hpp"
#include "labd/linux_kernel.hpp"
#include "labd/linux_shape.hpp"
#include "labd/marks.hpp"
#include "netlink/flood.hpp"
#include "netlink/netns.hpp"
#include "netlink/ruleset.hpp"

#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>

#include <algorithm>

namespace labd {

using namespace topology;

namespace {

Route route_of(const netlink::Route& route, const std::map<std::uint32_t, std::string>& names) {
    Route out;
    out.destination.ip = to_topology(route.destination);
    out.destination.length = route.length;
    out.metric = route.metric;
    out.table = route.table;
    out.onlink = !route.hops.empty();
    for (const netlink::Route::Hop& hop : route.hops) {
        Route::Hop& to = out.hops.emplace_back();
        if (hop.via) to.via = to_topology(*hop.via);
        if (const auto name = names.find(hop.index); name != names.end()) to.dev = name->second;
        out.onlink = out.onlink && hop.onlink;
    }
    return out;
}

// Of bridges that tell VLANs apart and of their ports; a listing that most namespaces do without.
void observe_vlans(netlink::Socket& socket, Space& space) {
    const auto filters = [&](const std::string& name) {
        const auto found = space.devices.find(name);
        return found != space.devices.end() && found->second.vlan_filtering;
    };
    if (std::none_of(space.devices.begin(), space.devices.end(),
                     [](const auto& entry) { return entry.second.vlan_filtering; }))
        return;
    const auto held = netlink::bridge_vlans(socket);
    for (auto& [name, device] : space.devices)
        if (filters(name) || filters(device.master))
            if (const auto vlans = held.find(device.index); vlans != held.end())
                device.vlans = vlans_of(vlans->second);
}

// The kernel opens a port as soon as it and its bridge can send, where no spanning tree is to be
// asked.
void observe_ports(const std::vector<netlink::Link>& links, Space& space) {
    constexpr std::uint8_t operational = 6;  // IF_OPER_UP
    for (const netlink::Link& link : links) {
        const auto device = space.devices.find(link.name);
        if (!link.port || device == space.devices.end()) continue;
        const auto master = space.devices.find(device->second.master);
        if (master == space.devices.end() || master->second.stp || !master->second.up) continue;
        device->second.habits.forwards =
            link.port->state == BR_STATE_FORWARDING || !link.up() || link.operstate != operational;
    }
}

void observe_floods(netlink::Socket& socket, Space& space) {
    const auto is_vxlan = [](const auto& entry) {
        return entry.second.kind == Device::Kind::vxlan;
    };
    if (std::none_of(space.devices.begin(), space.devices.end(), is_vxlan)) return;
    const auto held = netlink::floods(socket);
    for (auto& [name, device] : space.devices) {
        if (device.kind != Device::Kind::vxlan) continue;
        if (const auto found = held.find(device.index); found != held.end())
            for (const netlink::Ip& ip : found->second) device.floods.insert(to_topology(ip));
        // What it was born with is an entry like the others, and may be taken away like them.
        if (device.settings.remote && device.floods.erase(*device.settings.remote) == 0)
            device.settings.remote.reset();
    }
}

}  // namespace

// "" when there is no such interface. Names of neighbours may come from an earlier listing: a
// renamed end shows in its own namespace, and that is enough for the pair to be replaced.
std::string LinuxKernel::name_of(const std::string& space, std::uint32_t index) {
    Place& where = place(space);
    for (int tries = 0; tries < 2; ++tries) {
        for (const auto& [name, number] : where.indexes)
            if (number == index) return name;
        if (tries == 0) list(where);
    }
    return {};
}

Space LinuxKernel::observe(const std::string& space) try {
    Place& here = place(space);
    Space out;
    out.kind = here.kind;
    std::map<std::uint32_t, std::string> names;  // of everything, foreign interfaces too
    const std::vector<netlink::Link> links = list(here);
    for (const netlink::Link& link : links) names[link.index] = link.name;
    for (const netlink::Link& link : links) {
        const bool outside = link.group == marks::outside_group;
        if (!outside && link.group != marks::group && link.group != marks::doomed_group) continue;
        Device device = device_of(link);
        if (link.master != 0) device.master = names[link.master];
        if (link.settings.lower != 0) device.settings.lower = names[link.settings.lower];
        if (outside) {
            observe_outside(space, device);
        } else if (device.kind == Device::Kind::veth) {
            const auto peer = link.peer_nsid ? spaces_.find(*link.peer_nsid) : spaces_.end();
            if (peer != spaces_.end()) device.peer.space = peer->second;
            if (!link.peer_nsid) device.peer.space = space;
            if (!device.peer.space.empty())
                device.peer.device = name_of(device.peer.space, link.peer_index);
        }
        out.devices[link.name] = std::move(device);
    }

    netlink::Socket socket = netlink::socket_in(here.netns.get());
    observe_impairments(here, socket, out);
    observe_ports(links, out);
    observe_vlans(socket, out);
    observe_wireguard(space, here, out);
    observe_floods(socket, out);
    const std::vector<netlink::Address> addresses = netlink::addresses(socket);
    for (const netlink::Address& address : addresses) {
        if (address.protocol != marks::protocol) continue;
        out.addresses[names[address.index]].insert({to_topology(address.ip), address.length});
    }
    for (const netlink::Route& route : netlink::routes(socket, marks::protocol)) {
        const Route found = route_of(route, names);
        out.routes[{found.destination, found.table, found.metric}] = found;
    }
    if (here.kind == Space::Kind::node) observe_ground(socket, links, addresses, out);
    return out;
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

// ip-route(8) writes "boot" unless it is told otherwise; "static" is what an administrator says.
std::vector<Route> LinuxKernel::handwritten(const std::string& space) try {
    Place& here = place(space);
    std::map<std::uint32_t, std::string> names;
    for (const netlink::Link& link : list(here)) names[link.index] = link.name;
    netlink::Socket socket = netlink::socket_in(here.netns.get());
    std::vector<Route> out;
    for (const int protocol : {RTPROT_BOOT, RTPROT_STATIC})
        for (const netlink::Route& route :
             netlink::routes(socket, static_cast<std::uint8_t>(protocol)))
            out.push_back(route_of(route, names));
    return out;
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

std::optional<std::map<std::string, std::size_t>> LinuxKernel::ruleset(const std::string& space) {
    const auto found = places_.find(space);
    if (found == places_.end()) return std::nullopt;
    return netlink::ruleset(found->second.netns.get());
}

std::map<std::string, ForeignQueues> LinuxKernel::foreign_queues(const std::string& space) try {
    Place& here = place(space);
    std::map<std::string, ForeignQueues> out;
    netlink::Socket socket = netlink::socket_in(here.netns.get());
    const std::vector<netlink::Qdisc> all = netlink::qdiscs(socket);
    for (const netlink::Link& link : list(here))
        if (link.group == marks::group)
            if (auto found = foreign_queues_of(link.index, all)) out[link.name] = std::move(*found);
    return out;
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

}  // namespace labd
