// Names of network namespaces: files with a namespace mounted on them, in step with iproute2
// (ip/ipnetns.c of 6.1), so that its commands and ours can be mixed.
#include "netlink/netns.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace netlink {
namespace {

std::string own_path(int fd) {
    return "/proc/thread-self/fd/" + std::to_string(fd);
}

// O_PATH: a look without touching, whatever kind of file it is.
Fd look(const std::string& path) {
    return Fd(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

bool is_namespace(int fd) {
    struct statfs status {};
    return fstatfs(fd, &status) == 0 && status.f_type == NSFS_MAGIC;
}

// What `pin` makes before it mounts: no bytes, no permissions.
bool is_leftover(int fd) {
    struct stat status {};
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0 &&
           (status.st_mode & 07777) == 0;
}

}  // namespace

void prepare_names(const std::string& directory) {
    if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) throw_errno("create", directory);
    const Fd lock(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock) throw_errno("open", directory);
    while (flock(lock.get(), LOCK_EX) != 0)
        if (errno != EINTR) throw_errno("lock", directory);
    // Released with the descriptor.
    const auto share = [&] {
        return mount("", directory.c_str(), "none", MS_SHARED | MS_REC, nullptr) == 0;
    };
    if (share()) return;
    // EINVAL: it is no mount point yet.
    if (errno != EINVAL) throw_errno("share", directory);
    if (mount(directory.c_str(), directory.c_str(), "none", MS_BIND | MS_REC, nullptr) != 0)
        throw_errno("bind on itself", directory);
    if (!share()) throw_errno("share", directory);
}

Identity pin(const std::string& directory, const std::string& name, int netns) {
    const std::string path = directory + "/" + name;
    const Identity identity = identify(netns);
    const Fd file(open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0));
    if (!file) throw_errno("create", path);
    if (mount(own_path(netns).c_str(), path.c_str(), "none", MS_BIND, nullptr) != 0) {
        const int error = errno;
        unlink(path.c_str());
        errno = error;
        throw_errno("name", "a network namespace " + path);
    }
    return identity;
}

Unpinned unpin(const std::string& directory, const std::string& name, const Identity& identity) {
    const std::string path = directory + "/" + name;
    {
        const Fd file = look(path);
        if (!file) {
            if (errno == ENOENT) return Unpinned::absent;
            throw_errno("look at", path);
        }
        if (!is_namespace(file.get()))
            return is_leftover(file.get()) ? Unpinned::leftover : Unpinned::foreign;
        if (identify(file.get()) != identity) return Unpinned::foreign;
    }
    if (umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) throw_errno("unmount", path);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("remove", path);
    return Unpinned::removed;
}

bool remove_leftover(const std::string& directory, const std::string& name) {
    const std::string path = directory + "/" + name;
    const Fd file = look(path);
    if (!file || is_namespace(file.get()) || !is_leftover(file.get())) return false;
    // A namespace mounted in between makes this fail with EBUSY.
    if (unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("remove", path);
    return true;
}

std::vector<NamedNetns> list_names(const std::string& directory) {
    std::vector<NamedNetns> out;
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(directory.c_str()), closedir);
    if (!entries) {
        if (errno == ENOENT) return out;
        throw_errno("list", directory);
    }
    while (const dirent* entry = readdir(entries.get())) {
        const Fd file = look(directory + "/" + entry->d_name);
        // Gone again, or no namespace: not ours to complain about.
        if (file && is_namespace(file.get())) out.push_back({entry->d_name, identify(file.get())});
    }
    std::sort(out.begin(), out.end(),
              [](const NamedNetns& a, const NamedNetns& b) { return a.name < b.name; });
    return out;
}

}  // namespace netlink
