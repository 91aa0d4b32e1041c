// Interfaces: changes and removal of any kind of them, and what the kernel lists.
#pragma once

#include "netlink/address.hpp"
#include "netlink/message.hpp"
#include "netlink/socket.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace netlink {

using MacAddress = std::array<std::byte, 6>;

// What a new interface is born with, whatever its kind, and where.
struct NewLink {
    int netns = -1;  // borrowed
    std::string_view name;
    std::uint32_t index = 0;
    MacAddress mac{};
    std::uint32_t mtu = 1500;
    std::uint32_t group = 0;
};

// An interface of the socket's namespace, or of the one that the socket knows by `nsid`.
struct LinkAt {
    std::optional<std::int32_t> nsid;
    std::uint32_t index = 0;
    auto operator<=>(const LinkAt&) const = default;
};

struct LinkChange {
    std::optional<bool> up;
    std::optional<std::uint32_t> mtu;
    std::optional<MacAddress> mac;
    std::optional<std::uint32_t> master;  // 0: none
    std::optional<std::uint32_t> group;
    std::optional<bool> arp, multicast;  // as ip-link(8) calls them
    // false: no IPv6 link-local address (addr_gen_mode none); true: EUI-64. Looked at by the kernel
    // when the interface goes up, and done last in a request, so it wants a request of its own
    // before that. Refused (EAFNOSUPPORT) on interfaces below IPv6's 1280 bytes.
    std::optional<bool> link_local;
};

// Always of the socket's own namespace: to a change, IFLA_TARGET_NETNSID means where to move.
Message change_link(std::uint32_t index, const LinkChange& change);
// A veth takes its peer with it.
Message remove_link(const LinkAt& at);
// Everything of a group in one go: one grace period instead of one of 17 ms for each (6.18).
Message remove_group(std::optional<std::int32_t> nsid, std::uint32_t group);

struct Bridge {
    bool stp = false;
    std::uint16_t priority = 32768;
    // Hundredths of a second.
    std::uint32_t ageing = 30000, forward_delay = 1500, hello_time = 200, max_age = 2000;
    bool multicast_snooping = true;
    // Unset is not asked for: a kernel without it refuses even to be told no.
    std::optional<bool> vlan_filtering;
    bool operator==(const Bridge&) const = default;
};

// How a bridge treats one of its ports.
struct BridgePort {
    bool isolated = false, learning = true, hairpin = false, guard = false;
    std::uint32_t cost = 0;
    std::uint16_t priority = 32;
    bool flood = true, flood_multicast = true, flood_broadcast = true;
    std::optional<std::uint8_t> state;  // BR_STATE_…; unset is not asked for
    bool operator==(const BridgePort&) const = default;
};

// What the kinds of device that stand on others, or on nothing, are told at birth.
struct KindSettings {
    std::uint32_t lower = 0;  // index; 0: none
    std::uint32_t id = 0;     // vlan: its VLAN; vrf: its table; vxlan: VNI; gre: key, 0 = none
    std::uint32_t mode = 0;   // bond, macvlan, ipvlan: their numbers
    std::optional<Ip> local, remote;  // of a tunnel
    std::uint16_t udp_port = 0;
    bool learning = true;  // vxlan
    bool operator==(const KindSettings&) const = default;
};

struct Link {
    std::uint32_t index = 0;
    std::string name, kind;
    MacAddress mac{};
    std::uint32_t mtu = 0, flags = 0, group = 0, master = 0;  // master 0: none
    std::uint8_t operstate = 0;
    bool carrier = false;
    // Of a veth: its other end, in the namespace that the socket knows by `peer_nsid`, or in the
    // very same.
    std::uint32_t peer_index = 0;
    std::optional<std::int32_t> peer_nsid;
    // Whether the kernel speaks IPv6 on it at all, and gives it a link-local address.
    bool ipv6 = false, link_local = false;
    std::optional<Bridge> bridge;
    std::optional<BridgePort> port;
    KindSettings settings;  // of kinds that have some
    std::uint64_t rx_bytes = 0, tx_bytes = 0, rx_packets = 0, tx_packets = 0;

    bool up() const { return (flags & 1) != 0; }                 // IFF_UP
    bool has_neighbors() const { return (flags & 0x80) == 0; }   // no IFF_NOARP
    bool hears_groups() const { return (flags & 0x1000) != 0; }  // IFF_MULTICAST
    bool operator==(const Link&) const = default;
};

// nullopt when the frame is cut short.
std::optional<Link> parse_link(const Frame& frame);

// All of a namespace: of the socket's own, or of the one that it knows by `nsid`.
std::vector<Link> links(Socket& socket, std::optional<std::int32_t> nsid = {});
// One; nullopt when there is none.
std::optional<Link> get_link(Socket& socket, const LinkAt& at);

}  // namespace netlink
