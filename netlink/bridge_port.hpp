// What a bridge is told about one of its ports, and about the VLANs of a port or of itself.
#pragma once

#include "netlink/link.hpp"
#include "netlink/message.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace netlink {

// `cost` 0: as it is.
Message change_port(std::uint32_t index, const BridgePort& port);
BridgePort parse_bridge_port(Bytes data);

struct BridgeVlan {
    std::uint16_t id = 0;
    bool pvid = false, untagged = false;
    auto operator<=>(const BridgeVlan&) const = default;
};
// `self`: of the bridge itself, not of a port. Adding one that is there changes its flags.
Message add_vlans(std::uint32_t index, bool self, std::span<const BridgeVlan> vlans);
Message remove_vlans(std::uint32_t index, bool self, std::span<const BridgeVlan> vlans);

// Of every port and bridge of the socket's namespace, by index.
std::map<std::uint32_t, std::vector<BridgeVlan>> bridge_vlans(Socket& socket);
// BR_STATE_… of every port of the socket's namespace, by index: what spanning tree makes of it.
std::map<std::uint32_t, std::uint8_t> bridge_port_states(Socket& socket);

}  // namespace netlink
