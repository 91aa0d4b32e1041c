// What an interface is to the kernel, and what its kind has to be told.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/ip.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace topology {

inline constexpr std::size_t npos = static_cast<std::size_t>(-1);

// The bridge of a switch, which is all that its node holds beside its ports.
inline constexpr const char* switch_bridge = "br0";
// Locally administered, the same for the same words.
Mac mac_of(const std::string& words);
Mac bridge_mac(const std::string& node);

enum class DeviceKind {
    veth,
    bridge,
    vrf,
    bond,
    vlan,
    dummy,
    macvlan,
    ipvlan,
    vxlan,
    gre,
    ipip,
    wireguard,
    uplink,    // one end of a pair whose other end is in the host's namespace: of a `nat`
    external,  // an interface of the host, or a port of a bridge of the host
};

// What joins a node to the host: it is made, or taken, and given back.
constexpr bool reaches_out(DeviceKind kind) {
    return kind == DeviceKind::uplink || kind == DeviceKind::external;
}
const char* kind_word(DeviceKind kind);  // as rtnetlink calls it

using VlanId = std::uint16_t;  // 1 to 4094

// The VLANs of one end, as the file says them: an access port, or a trunk.
struct Vlans {
    std::optional<VlanId> access;
    std::vector<VlanId> tagged;
    std::optional<VlanId> native;  // of a trunk: what goes without a tag
    Where where;
    bool trunk() const { return !tagged.empty() || native.has_value(); }
    bool any() const { return access.has_value() || trunk(); }
    bool operator==(const Vlans&) const = default;
};

// How a bridge's port, or the bridge itself, takes part in one VLAN.
struct PortVlan {
    bool pvid = false;      // what comes in without a tag belongs to it
    bool untagged = false;  // it leaves without a tag
    auto operator<=>(const PortVlan&) const = default;
};
using PortVlans = std::map<VlanId, PortVlan>;
PortVlans port_vlans(const Vlans& vlans);

// What a bridge does at one of its ports.
struct PortOptions {
    bool isolated = false;  // talks to ports that are not isolated only
    bool learning = true;
    bool hairpin = false;  // frames may leave where they came in
    bool guard = false;    // a BPDU that comes in closes it
    // STP's: the kernel derives the cost from the speed.
    std::optional<std::uint16_t> cost;
    std::optional<std::uint8_t> priority;
    bool operator==(const PortOptions&) const = default;
};

// What it does at all of labd's, unless somebody has told it otherwise.
struct PortHabits {
    bool forwards = true;  // as long as no spanning tree decides that
    bool floods = true, floods_multicast = true, floods_broadcast = true;
    bool operator==(const PortHabits&) const = default;
};

// What a device is born with; with another one of these it is another device.
struct DeviceSettings {
    std::string lower;     // vlan, macvlan, ipvlan: what it sits on; tunnels: what they leave by
    std::uint32_t id = 0;  // vlan: its VLAN; vrf: its table; vxlan: VNI; gre: key, 0 = none
    std::optional<Ip> local, remote;  // of a tunnel
    std::uint16_t udp_port = 0;       // of a tunnel, 0 = its kind's own
    std::string mode;                 // bond, macvlan, ipvlan
    bool learning = true;             // vxlan
    std::string outside;              // external: what the host calls it
    bool operator==(const DeviceSettings&) const = default;
};

// What a WireGuard interface knows of another one of its link.
struct WireguardPeer {
    std::optional<Ip> address;  // where it is sent to
    std::uint16_t port = 0;
    std::set<Prefix> allowed;  // what is behind it
    bool operator==(const WireguardPeer&) const = default;
};

// Keys belong to whoever asks the kernel: here everybody is called by his end, so that no plan,
// event or page can tell one.
struct Wireguard {
    std::uint16_t port = 0;
    bool foreign_key = false;                    // seen only: it is not the one of this end
    std::map<std::string, WireguardPeer> peers;  // by NODE:INTERFACE
    bool operator==(const Wireguard&) const = default;
};

}  // namespace topology
