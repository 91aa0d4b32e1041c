// IPv6 addresses between set and found. The kernel joins an address's solicited-node group in a
// worker (addrconf_dad_work), without duplicate address detection too; until then neighbours ask
// in vain, and ask again only after a second.
#pragma once

#include "netlink/address.hpp"

#include <chrono>
#include <set>

namespace netlink {

// Every IPv6 address of these interfaces can be found by neighbours.
bool findable(Socket& socket, const std::set<std::uint32_t>& indexes);

// Waits for events until it is so; false if that took longer than `limit`. `netns` is the
// namespace of `socket`.
bool wait_findable(int netns, Socket& socket, const std::set<std::uint32_t>& indexes,
                   std::chrono::milliseconds limit);

}  // namespace netlink
