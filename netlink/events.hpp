// Waiting for the kernel to change something: what has changed is looked up, not read from events.
#pragma once

#include "netlink/fd.hpp"

#include <chrono>
#include <span>

namespace netlink {

// A socket without waiting that hears `groups` of rtnetlink (RTNLGRP_…), of a namespace and of all
// that it has numbers for: which one, stands beside each message (NETLINK_LISTEN_ALL_NSID).
Fd open_events(int netns, std::span<const int> groups);

class Events {
  public:
    using Clock = std::chrono::steady_clock;
    // `group` of rtnetlink (RTNLGRP_…), of a namespace and of all that it has numbers for.
    Events(int netns, int group);

    // False when nothing came until then. Lost events wake as well as any.
    bool wait_until(Clock::time_point deadline);

  private:
    Fd fd_;
};

}  // namespace netlink
