// The neighbours that a namespace knows: ARP and neighbour discovery.
#pragma once

#include "netlink/address.hpp"
#include "netlink/link.hpp"
#include "netlink/socket.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace netlink {

struct Neighbor {
    std::uint32_t index = 0;  // of the interface
    Ip ip;
    std::optional<MacAddress> mac;  // none while it is looked for
    std::uint16_t state = 0;        // NUD_… of linux/neighbour.h
    bool operator==(const Neighbor&) const = default;
};

// Of the socket's own namespace; bridges' forwarding entries are none.
std::vector<Neighbor> neighbors(Socket& socket);

// One forwarding entry of a bridge or of a device itself.
struct BridgeEntry {
    std::uint32_t index = 0;  // of the port
    MacAddress mac{};
    std::uint16_t state = 0;  // NUD_…
    std::uint8_t flags = 0;   // NTF_…
    bool operator==(const BridgeEntry&) const = default;
};
std::vector<BridgeEntry> bridge_entries(Socket& socket);

// nullopt when the frame is cut short or about something else.
std::optional<Neighbor> parse_neighbor(const Frame& frame);

}  // namespace netlink
