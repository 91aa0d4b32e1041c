// Four listings of a namespace, in the words of topology.
#include "labd/check/reading.hpp"

#include "labd/linux_convert.hpp"
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
        out.links.push_back({link.index, link.name, link.up(), link.carrier, link.mtu});
    }
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

}  // namespace labd::check
