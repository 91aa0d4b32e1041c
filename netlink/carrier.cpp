// A socket in the hub hears of every namespace that it has a number for.
#include "netlink/carrier.hpp"

#include "netlink/events.hpp"

#include <linux/rtnetlink.h>

#include <set>

namespace netlink {

bool settled(const Link& link) {
    // Unknown (0) is what drivers without operational state say for ever.
    constexpr std::uint8_t unknown = 0, running = 6;
    return !link.up() || !link.carrier || link.operstate == running || link.operstate == unknown;
}

std::vector<LinkAt> unsettled(Socket& socket, const std::vector<LinkAt>& links) {
    std::vector<LinkAt> out;
    const auto look = [&](const LinkAt& at) {
        auto link = get_link(socket, at);
        if (link && !settled(*link)) out.push_back(at);
        return link;
    };
    const std::set<LinkAt> asked(links.begin(), links.end());
    for (const LinkAt& at : links) {
        const auto link = look(at);
        if (!link || link->peer_index == 0 || !link->carrier) continue;
        // It has given its other end a carrier, too, which may have been up all along.
        const LinkAt peer{link->peer_nsid ? link->peer_nsid : at.nsid, link->peer_index};
        if (!asked.contains(peer)) (void)look(peer);
    }
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
