// A socket in the hub hears of every namespace that it has a number for.
#include "netlink/carrier.hpp"

#include "netlink/events.hpp"

#include <linux/rtnetlink.h>

namespace netlink {

bool settled(const Link& link) {
    // Unknown (0) is what drivers without operational state say for ever.
    constexpr std::uint8_t unknown = 0, running = 6;
    return !link.up() || !link.carrier || link.operstate == running || link.operstate == unknown;
}

std::vector<LinkAt> unsettled(Socket& socket, const std::vector<LinkAt>& links) {
    std::vector<LinkAt> out;
    for (const LinkAt& at : links)
        if (const auto link = get_link(socket, at); link && !settled(*link)) out.push_back(at);
    return out;
}

bool wait_settled(int netns, Socket& socket, std::vector<LinkAt> links,
                  std::chrono::milliseconds limit) {
    const auto deadline = Events::Clock::now() + limit;
    Events events(netns, RTNLGRP_LINK);  // before the look, so that nothing falls between
    for (;;) {
        links = unsettled(socket, links);
        if (links.empty()) return true;
        if (!events.wait_until(deadline)) return false;
    }
}

}  // namespace netlink
