// A directory of the host that nodes get as their root file system (`root = "DIR"`).
#pragma once

#include "labd/fd.hpp"
#include "labd/peer.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace labd {

// Opens it with the rights of the one who asks. For a moment the calling thread has those
// rights instead of its own. Refuses what the host itself lives in (/, /etc, /root, …) and, unless
// root asks, what is not the asker's own. Throws std::runtime_error with a sentence.
Fd open_host_directory(const std::string& path, const Peer& asker);

// The ids that files of the directory have in the nodes: `first` of them, from `outer` on the host
// become 0 … of a lab that begins at `base`.
struct Owners {
    std::uint32_t uid = 0, gid = 0, base = 0, count = 0;
};
// Root's directories keep their owners; of another's, what is the asker's belongs to root of the
// node and everything else to nobody.
Owners owners_for(const Peer& asker, std::uint32_t base);

// A copy of the mount without what is mounted below it, attached nowhere, read-only, without
// devices and setuid; files belong to `owners` (null: to whom they belong on the host). Throws
// std::runtime_error: above all where the file system knows no id-mapped mounts (EINVAL).
Fd detached_copy(const Fd& directory, const std::string& path, const Owners* owners);

}  // namespace labd
