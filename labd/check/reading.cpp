// Four listings of a namespace, in the words of topology.
#include "labd/check/reading.hpp"

#include "labd/linux_convert.hpp"
#include "netlink/bridge_port.hpp"
#include "netlink/forward_drop.hpp"
#include "netlink/neighbor.hpp"
#include "netlink/netns.hpp"
#include "netlink/snapshot.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace labd::check {
namespace {

// linux/rtnetlink.h, /etc/iproute2/rt_protos.
constexpr std::array<std::pair<std::uint8_t, const char*>, 15> protocols{{{1, "redirect"},
                                                                          {2, "kernel"},
                                                                          {3, "boot"},
                                                                          {4, "static"},
                                                                          {9, "ra"},
                                                                          {11, "zebra"},
                                                                          {12, "bird"},
                                                                          {16, "dhcp"},
                                                                          {42, "babel"},
                                                                          {186, "bgp"},
                                                                          {187, "isis"},
                                                                          {188, "ospf"},
                                                                          {189, "rip"},
                                                                          {192, "eigrp"},
                                                                          {196, "zstatic"}}};

// What only a bridge knows of its ports. Routers have none, and are not asked.
void read_ports(netlink::Socket& socket, const std::vector<netlink::Link>& links, Reading& out) {
    if (std::none_of(out.links.begin(), out.links.end(),
                     [](const Reading::Link& link) { return link.port.has_value(); }))
        return;
    const auto states = netlink::bridge_port_states(socket);
    const auto vlans = netlink::bridge_vlans(socket);
    std::map<std::uint32_t, bool> filters;
    for (const netlink::Link& link : links)
        if (link.bridge) filters[link.index] = link.bridge->vlan_filtering.value_or(false);
    for (std::size_t i = 0; i < out.links.size(); ++i) {
        Reading::Link& link = out.links[i];
        if (!link.port) continue;
        if (const auto at = states.find(link.index); at != states.end())
            link.port->state = at->second;
        link.port->filters = filters[links[i].master];
        const auto at = vlans.find(link.index);
        if (at == vlans.end()) continue;
        for (const netlink::BridgeVlan& vlan : at->second)
            link.port->vlans.push_back({vlan.id, vlan.pvid, vlan.untagged});
    }
}

}  // namespace

const Reading::Link* Reading::link(const std::string& name) const {
    const auto at =
        std::find_if(links.begin(), links.end(), [&](const Link& l) { return l.name == name; });
    return at == links.end() ? nullptr : &*at;
}

std::string protocol_name(std::uint8_t protocol) {
    for (const auto& [number, name] : protocols)
        if (number == protocol) return name;
    return std::to_string(protocol);
}

std::optional<std::uint8_t> protocol_number(const std::string& name) {
    for (const auto& [number, word] : protocols)
        if (name == word) return number;
    if (name.empty() || name.size() > 3 ||
        name.find_first_not_of("0123456789") != std::string::npos || std::stoul(name) > 255)
        return std::nullopt;
    return static_cast<std::uint8_t>(std::stoul(name));
}

Reading read_kernel(int netns) {
    netlink::Socket socket = netlink::socket_in(netns);
    const netlink::Snapshot all = netlink::snapshot(socket);
    Reading out;
    std::map<std::uint32_t, std::string> names;
    for (const netlink::Link& link : all.links) {
        names[link.index] = link.name;
        Reading::Link told{link.index, link.name, link.up(), link.carrier, link.mtu};
        told.mac = to_topology(link.mac).text(), told.kind = link.kind;
        told.arp = link.has_neighbors();
        if (link.port) told.port = Reading::Port{.isolated = link.port->isolated};
        out.links.push_back(std::move(told));
    }
    read_ports(socket, all.links, out);
    const auto name_of = [&](std::uint32_t index) {
        const auto at = names.find(index);
        return at == names.end() ? std::string() : at->second;
    };
    for (const netlink::Address& address : all.addresses)
        out.addresses.push_back(
            {name_of(address.index), {to_topology(address.ip), address.length}});
    for (const netlink::Route& route : all.routes) {
        Reading::Route told;
        told.destination = {to_topology(route.destination), route.length};
        told.metric = route.metric, told.table = route.table, told.protocol = route.protocol;
        for (const netlink::Route::Hop& hop : route.hops) {
            Reading::Hop to;
            if (hop.via) to.via = to_topology(*hop.via);
            to.dev = name_of(hop.index);
            told.hops.push_back(std::move(to));
        }
        out.routes.push_back(std::move(told));
    }
    for (const netlink::Neighbor& neighbor : netlink::neighbors(socket))
        out.neighbors.push_back({name_of(neighbor.index), to_topology(neighbor.ip),
                                 neighbor.mac ? to_topology(*neighbor.mac).text() : "",
                                 neighbor.state});
    return out;
}

std::vector<std::string> read_frame_drops(int netns) {
    std::vector<std::string> out;
    for (const netlink::FrameDrop& drop : netlink::frame_drops(netns))
        // labd's own do what is asked of links.
        if (!drop.table.starts_with("labd-"))
            out.push_back("chain " + drop.chain + " of table " + drop.family + " " + drop.table +
                          (drop.rule == 0
                               ? std::string(", policy drop")
                               : ": the rule with handle " + std::to_string(drop.rule) + " drops"));
    return out;
}

}  // namespace labd::check
