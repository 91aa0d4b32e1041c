// User namespaces, and what a node's root file system is made of inside them: tried by a child
// that does the very steps and reports the first that fails.
#include "labd/doctor_parts.hpp"
#include "labd/fail.hpp"
#include "labd/fd.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace labd::doctor {
namespace {

enum class Step : int { unshare, map, tmpfs, overlay, nested, link, done };

struct Report {
    Step step = Step::unshare;
    int error = 0;
};

// Between fork and exit in a threaded process: system calls only, nothing that allocates.
bool put(const char* path, const char* text) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool written = ::write(fd, text, std::strlen(text)) >= 0;
    const int error = errno;
    (void)::close(fd);  // only the write's answer counts
    errno = error;
    return written;
}

bool overlay() {
    for (const char* dir : {"/tmp/lower", "/tmp/upper", "/tmp/work", "/tmp/root"})
        if (::mkdir(dir, 0755) != 0) return false;
    return ::mount("overlay", "/tmp/root", "overlay", 0,
                   "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work") == 0;
}

// Where AppArmor grants a user namespace without its capabilities, this is what says so.
bool add_bridge() {
    struct {
        nlmsghdr header;
        ifinfomsg link;
        rtattr info, kind;
        char name[8];
    } request{};
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return false;
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_NEWLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    request.info.rta_type = IFLA_LINKINFO;
    request.info.rta_len = sizeof request.info + sizeof request.kind + sizeof request.name;
    request.kind.rta_type = IFLA_INFO_KIND;
    request.kind.rta_len = sizeof request.kind + sizeof request.name;
    std::memcpy(request.name, "bridge", 7);
    alignas(nlmsghdr) char answer[1024];
    if (::send(fd, &request, sizeof request, 0) < 0) return false;
    const ssize_t n = ::recv(fd, answer, sizeof answer, 0);
    nlmsgerr error{};
    if (n < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof error)) return false;
    std::memcpy(&error, answer + NLMSG_HDRLEN, sizeof error);
    errno = -error.error;
    return error.error == 0;
}

// The first step that fails; the maps are "0 UID 1" and "0 GID 1".
Step try_steps(const char* uid_map, const char* gid_map) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return Step::unshare;
    // user_namespaces(7): without giving up setgroups the gid map is refused.
    if (!put("/proc/self/setgroups", "deny") || !put("/proc/self/gid_map", gid_map) ||
        !put("/proc/self/uid_map", uid_map))
        return Step::map;
    if (::mount("tmpfs", "/tmp", "tmpfs", 0, "size=64k") != 0) return Step::tmpfs;
    if (!overlay()) return Step::overlay;
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return Step::nested;
    if (!add_bridge()) return Step::link;
    return Step::done;
}

Report try_in_child() {
    const std::string uid_map = "0 " + std::to_string(::geteuid()) + " 1",
                      gid_map = "0 " + std::to_string(::getegid()) + " 1";
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe");
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) fail("cannot fork");
    if (child == 0) {
        Report report;
        report.step = try_steps(uid_map.c_str(), gid_map.c_str());
        report.error = errno;
        ::_exit(::write(writer.get(), &report, sizeof report) == sizeof report ? 0 : 1);
    }
    writer.reset();
    Report report;
    ssize_t n = 0;
    do n = ::read(reader.get(), &report, sizeof report);
    while (n < 0 && errno == EINTR);
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
    if (n != sizeof report) throw std::runtime_error("the probe of user namespaces died");
    return report;
}

}  // namespace

// Why an administrator or a distribution may have forbidden it: the first knob that is turned.
std::string reason_against_user_namespaces(const ReadSysctl& read) {
    struct Knob {
        const char *path, *name;
        std::uint64_t forbids, allows;
        const char* who;
    };
    constexpr std::array knobs{
        Knob{"user/max_user_namespaces", "user.max_user_namespaces", 0, 65536,
             "the administrator allows none"},
        Knob{"kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", 0, 1,
             "Debian's kernels keep them to root when this is 0"},
        Knob{"kernel/apparmor_restrict_unprivileged_userns",
             "kernel.apparmor_restrict_unprivileged_userns", 1, 0,
             "Ubuntu's AppArmor takes their capabilities away; a profile for labd with the line "
             "\"userns,\" is the finer way"},
        Knob{"user/max_net_namespaces", "user.max_net_namespaces", 0, 65536,
             "the administrator allows no network namespaces"},
        Knob{"user/max_mnt_namespaces", "user.max_mnt_namespaces", 0, 65536,
             "the administrator allows no mount namespaces"}};
    for (const Knob& knob : knobs)
        if (read(knob.path) == knob.forbids)
            return "sysctl -w " + std::string(knob.name) + "=" + std::to_string(knob.allows) +
                   " (" + knob.who + ")";
    return "run labd on the host itself: a container, a chroot or a security module may forbid it; "
           "dmesg may say which";
}

Checks user_namespaces() {
    const Report report = try_in_child();
    const std::string why = reason_against_user_namespaces(sysctl);
    const char* first_to_fail = "";
    const auto check = [&](const char* name, const char* detail, Step failing, bool needed,
                           const std::string& fix) {
        DoctorCheck made{name, report.step > failing, needed, detail, ""};
        if (made.ok) return made;
        if (report.step == failing) {
            first_to_fail = name;
            made.fix = fix;
            made.detail += " (" + std::generic_category().message(report.error) + ")";
        } else {
            made.fix = std::string("first that of \"") + first_to_fail + "\"";
            made.detail += " (not tried: an earlier step fails)";
        }
        return made;
    };
    return {check("user namespaces: create", "root in a node is nobody outside it", Step::unshare,
                  true, why),
            check("user namespaces: id maps", "a node has users of its own", Step::map, true, why),
            check("user namespaces: tmpfs", "a node has a root file system of its own", Step::tmpfs,
                  true, "a security module forbids it; look into dmesg for its reason"),
            check("user namespaces: overlayfs", "a node's /etc is the host's with its own on top",
                  Step::overlay, false, "modprobe overlay; it needs Linux 5.11 or later"),
            check("user namespaces: nested", "each node is kept from the others of its lab",
                  Step::nested, true, why),
            check("user namespaces: links", "nodes are joined by interfaces of their own",
                  Step::link, true, why)};
}

}  // namespace labd::doctor
