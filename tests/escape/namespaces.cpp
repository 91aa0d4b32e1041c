// Into another namespace: by /proc, by process, by file handle, by walking from one's own.
#include "tests/escape/attempt.hpp"
#include "tests/escape/tools.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace escape {
namespace {

// linux/nsfs.h and linux/exportfs.h of Linux 6.18: nsfs exports file handles.
constexpr int fd_nsfs_root = -10003;
constexpr int fileid_nsfs = 0xf1;
struct MountNamespace {
    std::uint32_t size, mounts;
    std::uint64_t id;
};
constexpr unsigned long ns_mnt_get_next = _IOR(0xb7, 11, MountNamespace),
                        ns_mnt_get_prev = _IOR(0xb7, 12, MountNamespace);

Verdict enter(const Target& target, const Kind& kind, int fd, const std::string& way) {
    if (!target.is_namespace(kind.name, fd)) return errno = 0, held(way + " leads elsewhere");
    if (setns(fd, kind.flag) != 0) return held("setns by " + way);
    return escaped("entered the " + std::string(kind.name) + " namespace by " + way);
}

Verdict by_proc(const Target& target, const Kind& kind) {
    const std::string path = "/proc/" + std::to_string(target.pid()) + "/ns/" + kind.name;
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    return fd < 0 ? held("open " + path) : enter(target, kind, fd, path);
}

Verdict by_pidfd(const Target& target) {
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, target.pid(), 0));
    if (fd < 0) return held("pidfd_open");
    if (setns(fd, CLONE_NEWNET) != 0) return held("setns to a pidfd");
    return escaped("entered the network namespace by a pidfd");
}

struct Handle {
    unsigned bytes;
    int type;
    std::uint64_t id;
    std::uint32_t kind, inode;
};

// The numbers of the first namespaces of a machine are constants, and all are small: who does not
// know them guesses.
Verdict by_handle(const Target& target, const Kind& kind) {
    const std::string identity = target.text(kind.name);
    const auto inode =
        static_cast<std::uint32_t>(std::stoul(identity.substr(identity.find(':') + 1)));
    const std::uint64_t known = target.number(std::string(kind.name) + ".id");
    for (std::uint64_t id = 0; id <= 4096; ++id) {
        Handle handle{16, fileid_nsfs, id == 0 ? known : id, static_cast<std::uint32_t>(kind.flag),
                      inode};
        const int fd =
            static_cast<int>(syscall(SYS_open_by_handle_at, fd_nsfs_root, &handle, O_RDONLY));
        if (fd >= 0) return enter(target, kind, fd, "a file handle");
        if (errno == EBADF || errno == ENOSYS)
            return impossible("this kernel has no handles of namespaces");
    }
    return held("open_by_handle_at");
}

Verdict by_mount_walk(const Target& target) {
    MountNamespace info{sizeof info, 0, 0};
    for (const unsigned long step : {ns_mnt_get_prev, ns_mnt_get_next}) {
        int at = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        for (int i = 0; at >= 0 && i < 10000; ++i) {
            const int next = ioctl(at, step, &info);
            const int error = errno;
            close(at);
            errno = error;
            at = next;
            if (at >= 0 && target.is_namespace("mnt", at))
                return enter(target, kinds[1], at, "a walk over mount namespaces");
        }
        // Since Linux 6.18 it takes root of the machine's first process namespace.
        if (errno == ENOTTY || errno == EINVAL || (errno == EPERM && ids_are_the_machines()))
            return impossible("this kernel lets nobody here walk over mount namespaces");
    }
    return held("the walk over mount namespaces");
}

// The other way round: an interface of ours goes where the target is.
Verdict interface_to(const Target& target) {
    std::string said;
    if (shell("ip link add escape0 type veth peer name escape1", &said) != 0)
        return impossible("no veth: " + said);
    const int gone = shell("ip link set escape1 netns " + std::to_string(target.pid()) +
                               " && ! ip link show escape1 > /dev/null 2>&1",
                           &said);
    (void)shell("ip link delete escape0");
    return gone == 0 ? escaped("moved an interface to the target")
                     : held("ip link set netns: " + said);
}

Verdict ip_netns_names(const Target& target) {
    // Names of iproute2 are files: whoever sees the directory enters the networks.
    for (const std::string& point : mount_points()) {
        const int fd = open(point.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && target.is_namespace("net", fd)) return enter(target, kinds[0], fd, point);
        close(fd);
    }
    return held("no name of its network");
}

}  // namespace

std::vector<Attempt> namespace_attempts() {
    constexpr int apart = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID |
                          CLONE_NEWCGROUP | CLONE_NEWTIME;
    std::vector<Attempt> all;
    for (const Kind& kind : kinds) {
        all.push_back({std::string("namespace-proc-") + kind.name,
                       [kind](const Target& t) { return by_proc(t, kind); },
                       apart,
                       {},
                       true});
        all.push_back({std::string("namespace-handle-") + kind.name,
                       [kind](const Target& t) { return by_handle(t, kind); },
                       apart,
                       {},
                       true});
    }
    all.push_back({"namespace-pidfd", by_pidfd, apart & ~CLONE_NEWPID, {}, true});
    all.push_back({"namespace-mount-walk", by_mount_walk, apart & ~CLONE_NEWPID, {}, true});
    all.push_back({"namespace-interface", interface_to, apart & ~CLONE_NEWPID, {}, true});
    all.push_back({"namespace-name", ip_netns_names, CLONE_NEWNET | CLONE_NEWNS,
                   [](const Target& t) {
                       (void)scratch();
                       const std::string name = "/tmp/name",
                                         net = "/proc/" + std::to_string(t.pid()) + "/ns/net";
                       (void)write_file(name, "");
                       must(close(open(name.c_str(), O_CREAT | O_WRONLY, 0600)) == 0 &&
                                mount(net.c_str(), name.c_str(), nullptr, MS_BIND, nullptr) == 0,
                            "name the network");
                   },
                   true});
    return all;
}

}  // namespace escape
