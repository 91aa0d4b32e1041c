// Starting lab-init in one of its roles on the host.
#pragma once

#include "labd/fd.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace labd {

// PATH, and a malloc without caches (mallopt(3)): what a spawner frees and a node's init frees
// again goes back whole, and does not keep a page here and there of every node.
std::vector<std::string> init_environment();

// Runs `init ROLE` in a session of its own, with that environment, every signal as usual, and `fds`
// as its descriptors 3, 4, …; all others are closed by their CLOEXEC. Throws std::system_error.
pid_t start_init(const std::string& init, const std::string& role, const std::vector<int>& fds);

// Throws std::system_error.
Fd open_pidfd(pid_t pid);

}  // namespace labd
