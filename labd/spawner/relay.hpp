#pragma once

#include "labd/fd.hpp"

#include <sys/types.h>

namespace labd::spawner {

struct Relayed {
    pid_t pid = 0;
    Fd pidfd;
};

// A process in L and in the network namespace `netns`, which carries the frames of the lab's
// relayed links (labd/relay) for whoever speaks at `door`. `group` is the directory of its control
// group, or empty. Throws Failure.
Relayed start_relay(int proc, const Fd& netns, const Fd& door, const Fd& group);

}  // namespace labd::spawner
