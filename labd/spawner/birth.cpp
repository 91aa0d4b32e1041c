// A node's birth: one clone of the spawner, which seals itself and lives on as PID 1. The order of
// the steps is sealing.md's; what each of them is for stands beside it.
#include "labd/spawner/birth.hpp"

#include "labd/init/failure.hpp"
#include "labd/init/live.hpp"
#include "labd/init/socket.hpp"
#include "labd/spawner/capabilities.hpp"
#include "labd/spawner/clock.hpp"
#include "labd/spawner/namespace_limits.hpp"
#include "labd/spawner/seccomp.hpp"
#include "labd/spawner/shares.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace labd::spawner {
namespace {

using protocol::Birth;
using protocol::Level;

void put(int directory, const std::string& path, const std::string& bytes, const char* step) {
    const Fd file(openat(directory, path.c_str(), O_WRONLY | O_CLOEXEC));
    must(
        file && write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
        step);
}

std::uint64_t namespaces_of(const Birth& birth, bool grouped) {
    std::uint64_t flags = CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS;
    if (birth.level != Level::open) flags |= CLONE_NEWUSER;
    // A cgroup namespace begins at the group of whoever makes it: a node that is born into its own
    // group makes it there.
    return grouped ? flags | CLONE_INTO_CGROUP : flags | CLONE_NEWCGROUP;
}

// Nothing of the host's descriptors but the door and the start socket.
void keep_two_descriptors(int door, int start) {
    const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    must(bool(null), "open /dev/null");
    const Fd door_above(fcntl(door, F_DUPFD, 10)), start_above(fcntl(start, F_DUPFD, 10));
    for (const int standard : {0, 1, 2})
        must(dup2(null.get(), standard) == standard, "close the standard descriptors");
    must(dup2(door_above.get(), protocol::door_fd) >= 0 &&
             dup2(start_above.get(), protocol::start_fd) >= 0 &&
             close_range(protocol::start_fd + 1, ~0u, 0) == 0,
         "close the descriptors of the host");
}

// Where the host gives core dumps to a program of its own, by a pipe or a socket (core(5)), it
// would read what a node made up; and with suid_dumpable the kernel writes them as root of the host
// to where the pattern says. A program at a pipe is kept from them by the limit 1 alone.
rlimit core_limit(int proc) {
    const std::string pattern = read_text("sys/kernel/core_pattern", proc);
    if (pattern.starts_with("|")) return {1, 1};
    const bool as_root = read_text("sys/fs/suid_dumpable", proc).starts_with("2");
    if (pattern.starts_with("@") || (pattern.starts_with("/") && as_root)) return {0, 0};
    return {0, RLIM_INFINITY};
}

void limit_resources(const Birth& birth, const rlimit& core) {
    const rlimit processes{birth.pids, birth.pids};
    if (birth.level == Level::open) return;
    (void)setrlimit(RLIMIT_NPROC, &processes);
    (void)setrlimit(RLIMIT_CORE, &core);
}

// The loosest hatch first: each would forbid the one before it.
void close_hatches(Level level) {
    if (level == Level::open) return;
    take_a_share();
    // Whoever may not set it back, which keep_node_capabilities sees to, makes none.
    if (level == Level::strict)
        put(AT_FDCWD, "/proc/sys/user/max_user_namespaces", "0", "forbid user namespaces");
    keep_node_capabilities(level);
    if (level == Level::strict) install_strict_seccomp();
}

}  // namespace

Nursery::Nursery(int proc, const Accounts& accounts)
    : proc_(proc),
      ids_{IdMap::own(proc, "uid_map"), IdMap::own(proc, "gid_map")},
      root_(accounts, ids_),
      roots_(proc),
      core_(core_limit(proc)) {}

Born Nursery::bear(const Birth& birth, const Fd& door, const Fd& group) const {
    int ends[2];
    must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "make a start socket");
    Born born;
    born.start.reset(ends[0]);
    Fd its(ends[1]);
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = namespaces_of(birth, bool(group)) | CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    if (group) arguments.cgroup = static_cast<unsigned>(group.get());
    const OwnClock clock(proc_, birth.clock);
    roots_.enter(birth.root);
    const long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) {
        born.start.reset();  // else we would not see that the spawner has died
        live(birth, door.get(), its.get());
    }
    const int error = errno;
    roots_.leave(birth.root);
    if (pid < 0)
        throw Failure{error, with_limit("clone the node's namespaces", error, arguments.flags)};
    born.pid = static_cast<pid_t>(pid);
    born.pidfd.reset(pidfd);
    try {
        if (birth.level != Level::open) map_ids(born);
        errno = init::say(born.start.get(), "g", {}, 0);
        must(errno == 0, "let the node go on");
    } catch (const Failure&) {
        (void)kill(born.pid, SIGKILL);
        throw;
    }
    return born;
}

// Only the node itself or its parent namespace may write the maps: not host root
// (user_namespaces(7)). The files are root's alone unless we are dumpable.
void Nursery::map_ids(const Born& born) const {
    const std::string directory = std::to_string(born.pid);
    put(proc_, directory + "/uid_map", ids_.uids.identity(), "write the node's uid_map");
    put(proc_, directory + "/gid_map", ids_.gids.identity(), "write the node's gid_map");
}

void Nursery::live(const Birth& birth, int door, int start) const {
    int failures = start;
    char go = 0;
    try {
        // What needs no id map runs while the spawner still writes it.
        if (birth.grouped) must(unshare(CLONE_NEWCGROUP) == 0, "make the node's cgroup namespace");
        must(sethostname(birth.hostname.data(), birth.hostname.size()) == 0, "set the host name");
        if (birth.root.empty()) NodeRoot::show_kernel(birth.level);
        // No inode can be made before the map is there (EOVERFLOW).
        if (read(start, &go, 1) != 1) _exit(1);
        must(setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0, "become root of the node");
        make_root(birth);

        keep_two_descriptors(door, start);
        failures = protocol::start_fd;
        must(setsid() >= 0 || errno == EPERM, "start a session");
        limit_resources(birth, core_);
        close_hatches(birth.level);
        init::live(birth.node, ids_.gids.last());
    } catch (const Failure& failure) {
        protocol::Packer packet(static_cast<std::uint32_t>(protocol::Start::failed), 0);
        packet.u32(static_cast<std::uint32_t>(failure.error)).text(failure.step);
        // The spawner must find us alive while it writes the maps.
        if (go == 0) (void)!read(start, &go, 1);
        (void)init::say(failures, packet.bytes(), {}, 0);
    }
    _exit(1);
}

void Nursery::make_root(const Birth& birth) const {
    if (birth.root.empty())
        root_.furnish(birth.hostname, birth.level);
    else
        settle_in_foreign_root(birth.hostname, birth.level, ids_);
    if (birth.level == Level::open) show_open_kernel();
}

}  // namespace labd::spawner
