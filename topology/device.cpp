#include "topology/device.hpp"

#include "topology/plan.hpp"

#include <array>

namespace topology {

Mac bridge_mac(const std::string& node) {
    return mac_of("switch " + node);
}

Mac mac_of(const std::string& words) {
    const std::string hex = digest(words);
    Mac out;
    out.bytes[0] = 2;
    for (std::size_t i = 1; i < out.bytes.size(); ++i)
        out.bytes[i] = static_cast<std::uint8_t>(std::stoul(hex.substr(4 + 2 * i, 2), nullptr, 16));
    return out;
}

const char* kind_word(DeviceKind kind) {
    constexpr std::array words{"veth",  "bridge",    "vrf",    "bond",    "vlan",
                               "dummy", "macvlan",   "ipvlan", "vxlan",   "gre",
                               "ipip",  "wireguard", "uplink", "external"};
    return words[static_cast<std::size_t>(kind)];
}

// A port that says nothing, on a switch that uses VLANs, is of VLAN 1.
PortVlans port_vlans(const Vlans& vlans) {
    PortVlans out;
    for (const VlanId id : vlans.tagged) out[id] = {};
    if (vlans.native) out[*vlans.native] = {true, true};
    if (!vlans.trunk()) out[vlans.access.value_or(1)] = {true, true};
    return out;
}

}  // namespace topology
