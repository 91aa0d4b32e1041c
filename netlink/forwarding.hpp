// Whether a namespace forwards packets that are not for itself, as RTM_GETNETCONF tells it.
#pragma once

#include "netlink/frame.hpp"
#include "netlink/socket.hpp"

#include <cstdint>
#include <map>
#include <optional>

namespace netlink {

// `net.ipv4.ip_forward` is the one of `all`; what arrives at an interface is forwarded when that
// interface's own is on (IPv4), or all's and its own (IPv6, before 6.17).
struct Forwarding {
    bool all = false;
    std::map<std::uint32_t, bool> at;  // of every interface that speaks the family, by index
    bool operator==(const Forwarding&) const = default;
};
// Of the socket's own namespace. `family`: AF_INET, AF_INET6.
Forwarding forwarding(Socket& socket, std::uint8_t family);

// One entry of the listing. nullopt when it is cut short, or of nothing that forwards.
struct ForwardingEntry {
    std::int32_t index = 0;  // of an interface, or NETCONFA_IFINDEX_ALL, …_DEFAULT
    bool on = false;
};
std::optional<ForwardingEntry> parse_forwarding(const Frame& frame);

}  // namespace netlink
