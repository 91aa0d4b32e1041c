// Interfaces between up and running. An interface that has just got a carrier still drops whatever
// is sent: a kernel worker (net/core/link_watch.c) hands it its queue a moment later, and a first
// packet lost costs ARP and neighbour discovery a whole second.
#pragma once

#include "netlink/link.hpp"

#include <chrono>
#include <vector>

namespace netlink {

// Nothing is under way: it runs, or it is down, or nobody is at its other end.
bool settled(const Link& link);

// Asks for each of them, and for the other ends of those that are cables; since 6.7 asking makes
// the kernel do the worker's part at once. Those that are not settled even so. `socket` knows their
// namespaces by number; what is gone is settled.
std::vector<LinkAt> unsettled(Socket& socket, const std::vector<LinkAt>& links);

// Waits for events until all are settled; false if that took longer than `limit`. `netns` is the
// namespace of `socket`.
bool wait_settled(int netns, Socket& socket, std::vector<LinkAt> links,
                  std::chrono::milliseconds limit);

}  // namespace netlink
