// A /run in which an ordinary user can have names of network namespaces.
#pragma once

#include <string>

namespace labd {

// In a mount namespace of our own: where nobody but root may write to `netns_dir`, or make it, its
// parent is replaced by a tmpfs that shows everything that the parent held, except `netns_dir`.
// Entries that cannot be shown are left out. Throws std::system_error.
void make_private_run(const std::string& netns_dir);

}  // namespace labd
