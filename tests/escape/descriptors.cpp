// What a process has been left with: descriptors of the host, and what they can be used for.
#include "tests/escape/attempt.hpp"
#include "tests/escape/tools.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace escape {
namespace {

constexpr int leaked = 200;  // where a control has it, and whoever enters a node from outside

void leak(const std::string& path, int flags) {
    const int fd = open(path.c_str(), flags);
    must(fd >= 0 && dup2(fd, leaked) == leaked, "open " + path);
    close(fd);
}

Verdict read_any(const Target& target) {
    for (int fd = 0; fd < 1024; ++fd) {
        char text[256] = {};
        if (pread(fd, text, sizeof text - 1, 0) > 0 && target.secret() == text)
            return escaped("read its file by descriptor " + std::to_string(fd));
    }
    errno = 0;
    return held("no descriptor reads its file");
}

Verdict walk_any(const Target& target) {
    for (int fd = 0; fd < 1024; ++fd) {
        struct stat s {};
        if (fstat(fd, &s) != 0 || !S_ISDIR(s.st_mode)) continue;
        std::string way = "/proc/self/fd/" + std::to_string(fd);
        for (int up = 0; up < 32; ++up, way += "/..")
            if (target.is_secret(way + "/" + target.text("file")))
                return escaped("walked to its file from descriptor " + std::to_string(fd));
    }
    errno = 0;
    return held("no descriptor leads to its file");
}

// More than its three: anything else came from who made it.
Verdict count(const Target&) {
    for (int fd = 3; fd < 1024; ++fd)
        if (fcntl(fd, F_GETFD) >= 0) return escaped("was left with " + std::to_string(fd));
    errno = 0;
    return held("nothing but three descriptors");
}

// The standard ones lead nowhere that can be opened again with more rights.
Verdict reopen_standard(const Target&) {
    for (int fd = 0; fd < 3; ++fd) {
        struct stat s {};
        if (fstat(fd, &s) != 0 || S_ISFIFO(s.st_mode) || S_ISSOCK(s.st_mode)) continue;
        const int again = open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDWR);
        if (again >= 0 && S_ISREG(s.st_mode))
            return escaped("opened a file of the host for writing");
    }
    return held("open the standard descriptors again");
}

Verdict enter_leaked(const Target& target) {
    if (!target.is_namespace("net", leaked)) return held("it is not there");
    return setns(leaked, CLONE_NEWNET) == 0 ? escaped("entered a leaked namespace") : held("setns");
}

Verdict move_to_leaked(const Target& target) {
    if (!target.is_namespace("net", leaked)) return held("it is not there");
    std::string said;
    if (shell("ip link add escape2 type veth peer name escape3", &said) != 0)
        return held("no veth: " + said);
    const int gone =
        shell("ip link set escape3 netns /proc/" + std::to_string(getpid()) + "/fd/" +
                  std::to_string(leaked) + " && ! ip link show escape3 >/dev/null 2>&1",
              &said);
    (void)shell("ip link delete escape2");
    return gone == 0 ? escaped("moved an interface to a leaked namespace") : held(said);
}

// Whoever opens the file waits for its holder, up to fs.lease-break-time (fcntl(2)). Nodes share
// the first two; the last is the machine's.
Verdict lease(const Target&) {
    for (const char* path : {"/.lab/base/etc/passwd", "/.lab/hosts/hosts", "/etc/os-release"}) {
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) continue;
        const bool got = fcntl(fd, F_SETLEASE, F_WRLCK) == 0 || fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
        if (got) (void)fcntl(fd, F_SETLEASE, F_UNLCK);
        (void)close(fd);
        if (got) return escaped(std::string("has a lease of ") + path);
    }
    return held("lease a file that others open");
}

}  // namespace

std::vector<Attempt> descriptor_attempts() {
    const auto leak_file = [](const Target& t) { leak(t.text("file"), O_RDONLY); };
    const auto leak_net = [](const Target& t) {
        leak("/proc/" + std::to_string(t.pid()) + "/ns/net", O_RDONLY);
    };
    // A root that lies elsewhere, and a directory of before.
    const auto leak_directory = [](const Target& t) {
        leak("/", O_PATH | O_DIRECTORY);
        must(!scratch().empty() && mkdir("/tmp/proc", 0700) == 0 &&
                 mount("/proc", "/tmp/proc", nullptr, MS_BIND, nullptr) == 0 &&
                 chroot("/tmp") == 0 && chdir("/") == 0,
             "chroot");
        (void)t;
    };
    return {
        {"descriptor-count", count, CLONE_NEWNS, leak_file},
        {"descriptor-read", read_any, CLONE_NEWNS, leak_file, true},
        {"descriptor-walk", walk_any, CLONE_NEWNS, leak_directory, true},
        {"descriptor-lease", lease, CLONE_NEWNS},
        {"descriptor-standard", reopen_standard, CLONE_NEWNS,
         [](const Target& t) {
             const int fd = open(t.text("file").c_str(), O_RDONLY);
             must(dup2(fd, 0) == 0, "give it a file");
         }},
        {"leaked-namespace", enter_leaked, CLONE_NEWNET | CLONE_NEWNS, leak_net},
        {"leaked-namespace-interface", move_to_leaked, CLONE_NEWNET | CLONE_NEWNS, leak_net},
    };
}

}  // namespace escape
