// The lab's one hosts file. Every node sees it through its /etc/hosts; a file per node with a line
// per node would be quadratic.
#pragma once

#include "labd/fd.hpp"

#include <string_view>

namespace labd::spawner {

// A detached, writable mount with a first `hosts` in it. Nodes get a read-only copy of the mount.
Fd make_hosts();
// Replaces the file by rename: a reader sees the old or the new one, whole. Throws Failure.
void replace_hosts(const Fd& directory, std::string_view text);

}  // namespace labd::spawner
