#include "labd/spawner/hosts.hpp"

#include "labd/init/failure.hpp"
#include "labd/spawner/mounts.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>

namespace labd::spawner {

Fd make_hosts() {
    Fd directory = detached_tmpfs("755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    replace_hosts(directory, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
    return directory;
}

void replace_hosts(const Fd& directory, std::string_view text) {
    const int at = directory.get();
    const Fd file(openat(at, "hosts.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    must(bool(file), "create the lab's hosts file");
    while (!text.empty()) {
        const ssize_t n = write(file.get(), text.data(), text.size());
        must(n > 0, "write the lab's hosts file");
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    must(renameat(at, "hosts.new", at, "hosts") == 0, "replace the lab's hosts file");
}

}  // namespace labd::spawner
