// The two vocabularies meet here: netlink may not know topology's, nor topology the kernel's.
#include "labd/linux_convert.hpp"

#include "labd/marks.hpp"

#include <array>
#include <cstring>

namespace labd {

using topology::Family;

namespace {

constexpr std::uint8_t af_inet = 2, af_inet6 = 10;
constexpr std::uint16_t default_priority = 32768;
// What the kernel makes of 10 Gbit/s, which is what a veth claims to have.
constexpr std::uint16_t default_port_cost = 2;

struct Mode {
    topology::DeviceKind kind;
    const char* word;
    std::uint32_t number;
};
// Documentation/networking/bonding.rst, linux/if_link.h.
constexpr std::array<Mode, 14> modes{{
    {topology::DeviceKind::bond, "balance-rr", 0},
    {topology::DeviceKind::bond, "active-backup", 1},
    {topology::DeviceKind::bond, "balance-xor", 2},
    {topology::DeviceKind::bond, "broadcast", 3},
    {topology::DeviceKind::bond, "802.3ad", 4},
    {topology::DeviceKind::bond, "balance-tlb", 5},
    {topology::DeviceKind::bond, "balance-alb", 6},
    {topology::DeviceKind::macvlan, "private", 1},
    {topology::DeviceKind::macvlan, "vepa", 2},
    {topology::DeviceKind::macvlan, "bridge", 4},
    {topology::DeviceKind::macvlan, "passthru", 8},
    {topology::DeviceKind::ipvlan, "l2", 0},
    {topology::DeviceKind::ipvlan, "l3", 1},
    {topology::DeviceKind::ipvlan, "l3s", 2},
}};

topology::PortOptions port_of(const netlink::Link& link) {
    topology::PortOptions out;
    const netlink::BridgePort& port = *link.port;
    out.isolated = port.isolated;
    out.learning = port.learning;
    out.hairpin = port.hairpin;
    out.guard = port.guard;
    // Other kinds have other speeds, and are asked for no cost.
    if (link.kind == "veth" && port.cost != 0 && port.cost != default_port_cost)
        out.cost = static_cast<std::uint16_t>(port.cost);
    if (port.priority != netlink::BridgePort{}.priority)
        out.priority = static_cast<std::uint8_t>(port.priority);
    return out;
}

// Those that are no kind of ours count as cables: their marks say that they were made by labd.
topology::Device::Kind kind_of(const std::string& word) {
    using Kind = topology::Device::Kind;
    for (int kind = 0; kind <= static_cast<int>(Kind::wireguard); ++kind)
        if (word == topology::kind_word(static_cast<Kind>(kind))) return static_cast<Kind>(kind);
    return Kind::veth;
}

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
    if (device.vlan_filtering) out.vlan_filtering = true;
    return out;
}

netlink::BridgePort port_of(const topology::Device& device) {
    const topology::PortOptions& port = device.port;
    netlink::BridgePort out;
    out.flood = device.habits.floods;
    out.flood_multicast = device.habits.floods_multicast;
    out.flood_broadcast = device.habits.floods_broadcast;
    out.isolated = port.isolated;
    out.learning = port.learning;
    out.hairpin = port.hairpin;
    out.guard = port.guard;
    out.cost = port.cost.value_or(default_port_cost);
    out.priority = port.priority.value_or(out.priority);
    return out;
}

std::vector<netlink::BridgeVlan> vlans_of(const topology::PortVlans& vlans) {
    std::vector<netlink::BridgeVlan> out;
    for (const auto& [id, way] : vlans) out.push_back({id, way.pvid, way.untagged});
    return out;
}

topology::PortVlans vlans_of(const std::vector<netlink::BridgeVlan>& vlans) {
    topology::PortVlans out;
    for (const netlink::BridgeVlan& vlan : vlans) out[vlan.id] = {vlan.pvid, vlan.untagged};
    return out;
}

netlink::KindSettings settings_of(const topology::Device& device) {
    const topology::DeviceSettings& settings = device.settings;
    netlink::KindSettings out;
    out.id = settings.id;
    for (const Mode& mode : modes)
        if (mode.kind == device.kind && mode.word == settings.mode) out.mode = mode.number;
    if (settings.local) out.local = to_netlink(*settings.local);
    if (settings.remote) out.remote = to_netlink(*settings.remote);
    out.udp_port = settings.udp_port;
    out.learning = settings.learning;
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
    out.kind = kind_of(link.kind);
    out.settings.id = link.settings.id;
    for (const Mode& mode : modes)
        if (mode.kind == out.kind && mode.number == link.settings.mode)
            out.settings.mode = mode.word;
    if (link.settings.local) out.settings.local = to_topology(*link.settings.local);
    if (link.settings.remote) out.settings.remote = to_topology(*link.settings.remote);
    out.settings.udp_port = link.settings.udp_port;
    out.settings.learning = link.settings.learning;
    if (link.port) {
        out.port = port_of(link);
        out.habits.floods = link.port->flood;
        out.habits.floods_multicast = link.port->flood_multicast;
        out.habits.floods_broadcast = link.port->flood_broadcast;
    }
    if (link.bridge) {
        out.vlan_filtering = link.bridge->vlan_filtering.value_or(false);
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
