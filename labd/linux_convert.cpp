// The two vocabularies meet here: netlink may not know topology's, nor topology the kernel's.
#include "labd/linux_convert.hpp"

#include "labd/marks.hpp"

#include <cstring>

namespace labd {

using topology::Family;

namespace {

constexpr std::uint8_t af_inet = 2, af_inet6 = 10;
constexpr std::uint16_t default_priority = 32768;

}  // namespace

netlink::Ip to_netlink(const topology::Ip& ip) {
    netlink::Ip out;
    out.family = ip.family == Family::ipv4 ? af_inet : af_inet6;
    std::memcpy(out.bytes.data(), ip.bytes.data(), out.bytes.size());
    return out;
}

topology::Ip to_topology(const netlink::Ip& ip) {
    topology::Ip out;
    out.family = ip.family == af_inet ? Family::ipv4 : Family::ipv6;
    std::memcpy(out.bytes.data(), ip.bytes.data(), out.bytes.size());
    return out;
}

netlink::MacAddress to_netlink(const topology::Mac& mac) {
    netlink::MacAddress out;
    std::memcpy(out.data(), mac.bytes.data(), out.size());
    return out;
}

topology::Mac to_topology(const netlink::MacAddress& mac) {
    topology::Mac out;
    std::memcpy(out.bytes.data(), mac.data(), mac.size());
    return out;
}

netlink::NewLink new_link(int netns, const topology::Device& device) {
    netlink::NewLink out;
    out.netns = netns;
    out.name = device.name;
    out.index = device.index;
    out.mac = to_netlink(device.mac);
    out.mtu = device.mtu;
    out.group = marks::group;
    return out;
}

netlink::Bridge bridge_of(const topology::Device& device) {
    netlink::Bridge out;
    out.stp = device.stp;
    out.priority = device.stp_priority.value_or(default_priority);
    out.ageing = device.ageing_s * 100;
    // The standard's shortest: a port forwards after 8 s instead of 30.
    out.hello_time = 100;
    out.max_age = 600;
    out.forward_delay = 400;
    // A plain switch floods multicast. Snooping without a querier does the same, after looking
    // into every report of every port, which on a big LAN is quadratic at birth.
    out.multicast_snooping = false;
    return out;
}

netlink::Address address_of(std::uint32_t index, const topology::Prefix& prefix) {
    netlink::Address out;
    out.index = index;
    out.ip = to_netlink(prefix.ip);
    out.length = prefix.length;
    out.protocol = marks::protocol;
    return out;
}

topology::Device device_of(const netlink::Link& link) {
    topology::Device out;
    out.name = link.name;
    out.index = link.index;
    out.mac = to_topology(link.mac);
    out.mtu = link.mtu;
    out.up = link.up();
    out.quiet = !link.ipv6 || !link.link_local;
    if (link.bridge) {
        out.kind = topology::Device::Kind::bridge;
        out.stp = link.bridge->stp;
        // While STP tells of a change in its tree, a bridge forgets sooner, after twice its forward
        // delay (net/bridge/br_stp.c, br_topology_change_detection), and shows that.
        const bool hurries =
            link.bridge->stp && link.bridge->ageing == 2 * link.bridge->forward_delay;
        if (!hurries) out.ageing_s = link.bridge->ageing / 100;
        if (link.bridge->priority != default_priority) out.stp_priority = link.bridge->priority;
    }
    return out;
}

}  // namespace labd
