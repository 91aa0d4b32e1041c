// Which of the kernel's limits on namespaces has been reached, when it only says ENOSPC.
#pragma once

#include <string>

namespace labd::spawner {

// "clone the node's namespaces", and after ENOSPC "…, of which user.max_net_namespaces allows no
// more": found out by trying each kind in `flags` (CLONE_NEW…) alone.
std::string with_limit(const char* step, int error, unsigned long long flags);

}  // namespace labd::spawner
