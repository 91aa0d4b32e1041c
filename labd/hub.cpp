// The hub is labd's alone: the daemon's own namespace would number foreigners too, and would be
// the place where half-made links show up if a kernel went wrong.
#include "labd/hub.hpp"

#include "netlink/netns.hpp"

#include <cerrno>

namespace labd {

Hub::Hub() : netns_(netlink::create_netns()), socket_(netlink::socket_in(netns_.get())) {}

std::int32_t Hub::number(int netns) {
    // Numbers are never given twice, not even when their namespaces are gone: an event or listing
    // that is still on its way must not mean somebody else.
    for (;;) {
        try {
            const std::int32_t out = netlink::assign_nsid(socket_, netns, next_);
            if (out == next_) ++next_;
            return out;
        } catch (const netlink::Error& error) {
            // The kernel gives numbers, too: to the other ends of links that it lists.
            if (error.error() != EEXIST) throw;
            ++next_;
        }
    }
}

}  // namespace labd
