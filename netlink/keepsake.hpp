// What the kernel takes from an interface when it moves to another network namespace, or goes down,
// as it told of it before: addresses, routes and the like whole, so that nothing is lost that this
// code has no word for. Not kept are queue disciplines with classes of their own, and filters.
#pragma once

#include "netlink/link.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace netlink {

struct Keepsake {
    std::uint32_t index = 0;
    std::string name;
    MacAddress mac{};
    std::uint32_t mtu = 0, group = 0, queue_length = 0;
    bool up = false;
    // Payloads of RTM_NEWADDR, RTM_NEWROUTE and so on, without what the kernel makes by itself:
    // permanent and proxied neighbours only; nexthop objects before the groups that have them.
    std::vector<std::vector<std::byte>> addresses, routes, neighbors, nexthops, qdiscs;
    bool operator==(const Keepsake&) const = default;
};

// Of an interface in the socket's namespace; throws Error when it has none with that index.
Keepsake keep(Socket& socket, std::uint32_t index);
// Whether a default route leads out by it.
bool carries_default(const Keepsake& kept);

// The move back, from the namespace that a socket is in: down, under its old name, with its old
// index if that is free.
void move_back(Socket& from, std::uint32_t index, int to, const Keepsake& kept);
// Then in the old namespace: its MAC, MTU and the like; it stays down.
void give_back_link(Socket& socket, std::uint32_t index, const Keepsake& kept);
// At last its state, addresses, routes and the like. What cannot be had is said, the rest is done.
std::vector<std::string> give_back(Socket& socket, std::uint32_t index, const Keepsake& kept);
// To an interface that stands in the place of another: the addresses that somebody had set by hand,
// so none of the kernel's, nor of the protocol `besides` (IFA_PROTO), whose owner sees to them.
// Here and below what cannot be had is said, the rest is done.
std::vector<std::string> give_back_addresses(Socket& socket, std::uint32_t index,
                                             const Keepsake& kept, std::uint8_t besides);
// To an interface that has been down and is up again, or is new there: nexthop objects, routes and
// neighbours that somebody had set by hand, as far as nothing stands in their place. Routing
// daemons see to theirs.
std::vector<std::string> give_back_lost(Socket& socket, std::uint32_t index, const Keepsake& kept);

}  // namespace netlink
