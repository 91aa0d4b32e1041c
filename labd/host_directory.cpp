#include "labd/host_directory.hpp"

#include "labd/fail.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace labd {
namespace {

// Raw system calls: glibc's wrappers would take every thread along (nptl(7)). Another fsuid than 0
// also takes the capabilities that override permissions (capabilities(7)).
class RightsOf {
  public:
    explicit RightsOf(const Peer& who) {
        const long count = syscall(SYS_getgroups, 0, nullptr);
        groups_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        if (syscall(SYS_getgroups, groups_.size(), groups_.data()) < 0) fail("cannot read groups");
        if (syscall(SYS_setgroups, who.groups.size(), who.groups.data()) != 0)
            fail("cannot take the groups of a user");
        gid_ = static_cast<gid_t>(syscall(SYS_setfsgid, who.gid));
        uid_ = static_cast<uid_t>(syscall(SYS_setfsuid, who.uid));
    }
    ~RightsOf() {
        (void)syscall(SYS_setfsuid, uid_);
        (void)syscall(SYS_setfsgid, gid_);
        // Going on with a stranger's groups would be a hole.
        if (syscall(SYS_setgroups, groups_.size(), groups_.data()) != 0) std::abort();
    }
    RightsOf(const RightsOf&) = delete;
    RightsOf& operator=(const RightsOf&) = delete;

  private:
    std::vector<gid_t> groups_;
    gid_t gid_ = 0;
    uid_t uid_ = 0;
};

// What a machine lives in, and what of it a node must never see.
constexpr std::array system_directories{"/",     "/etc",  "/root", "/home", "/var", "/usr",
                                        "/boot", "/proc", "/sys",  "/dev",  "/run"};

void refuse_system(const std::string& path, const struct stat& found) {
    for (const char* own : system_directories) {
        struct stat s {};
        if (stat(own, &s) != 0 || s.st_dev != found.st_dev || s.st_ino != found.st_ino) continue;
        throw std::runtime_error(path + " is " + (path == own ? "" : std::string(own) + ", ") +
                                 "a part of this host's own system, not a root for nodes");
    }
}

// A user namespace is a map of ids that outlives its process as long as it is open.
class MapHolder {
  public:
    MapHolder() {
        child_ = static_cast<pid_t>(
            syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
        if (child_ < 0) fail("cannot make a user namespace");
        if (child_ == 0)
            for (;;) pause();
    }
    ~MapHolder() {
        (void)kill(child_, SIGKILL);
        (void)waitpid(child_, nullptr, 0);
    }
    MapHolder(const MapHolder&) = delete;
    MapHolder& operator=(const MapHolder&) = delete;

    void write(const char* name, const std::string& line) const {
        const std::string path = "/proc/" + std::to_string(child_) + "/" + name;
        const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        if (!file ||
            ::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
            fail("cannot write " + path);
    }
    Fd open() const {
        const std::string path = "/proc/" + std::to_string(child_) + "/ns/user";
        Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!fd) fail("cannot open " + path);
        return fd;
    }

  private:
    pid_t child_;
};

Fd map_of(const Owners& owners) {
    const MapHolder holder;
    const std::string rest =
        " " + std::to_string(owners.base) + " " + std::to_string(owners.count) + "\n";
    holder.write("uid_map", std::to_string(owners.uid) + rest);
    holder.write("gid_map", std::to_string(owners.gid) + rest);
    return holder.open();
}

}  // namespace

Fd open_host_directory(const std::string& path, const Peer& asker) {
    if (!path.starts_with('/'))
        throw std::runtime_error("root = \"" + path +
                                 "\" needs an absolute path: the topology is in no folder");
    Fd directory;
    int error = 0;
    {
        std::optional<RightsOf> theirs;  // a labd without root has them, and no others
        if (!asker.user) theirs.emplace(asker);
        directory.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        error = errno;
    }
    if (!directory) fail("cannot open " + path, error);
    struct stat found {};
    if (fstat(directory.get(), &found) != 0) fail("cannot look at " + path);
    refuse_system(path, found);
    if (!asker.is_master() && found.st_uid != asker.uid)
        throw std::runtime_error(path +
                                 " is not yours: only root gives nodes a root that belongs "
                                 "to somebody else");
    return directory;
}

Owners owners_for(const Peer& asker, std::uint32_t base) {
    if (asker.is_master()) return {0, 0, base, ids_of_a_lab};
    return {asker.uid, asker.gid, base, 1};
}

Fd detached_copy(const Fd& directory, const std::string& path, const Owners* owners) {
    Fd mount(open_tree(directory.get(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
    if (!mount) fail("cannot copy the mount of " + path);
    mount_attr wanted{};
    wanted.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    Fd map;
    if (owners != nullptr) {
        map = map_of(*owners);
        wanted.attr_set |= MOUNT_ATTR_IDMAP;
        wanted.userns_fd = static_cast<std::uint64_t>(static_cast<unsigned>(map.get()));
    }
    if (mount_setattr(mount.get(), "", AT_EMPTY_PATH, &wanted, sizeof wanted) == 0) return mount;
    if (errno == EINVAL && owners != nullptr)
        fail("cannot map the owners of " + path + ": its file system has no id-mapped mounts");
    fail("cannot make " + path + " read-only for nodes");
}

}  // namespace labd
