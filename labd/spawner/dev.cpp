// Device nodes, made by host root or by root of a rootless labd.
#include "labd/spawner/dev.hpp"

#include "labd/init/failure.hpp"
#include "labd/spawner/mounts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace labd::spawner {
namespace {

struct Device {
    const char* name;
    unsigned major, minor;
};
constexpr Device devices[] = {{"null", 1, 3},      {"zero", 1, 5},    {"full", 1, 7},
                              {"random", 1, 8},    {"urandom", 1, 9}, {"tty", 5, 0},
                              {"net/tun", 10, 200}};
struct Name {
    const char *name, *target;
};
constexpr Name names[] = {{"ptmx", "pts/ptmx"}, {"shm", "../run/shm"}, {"fd", "/proc/self/fd"},
                          {"stdin", "fd/0"},    {"stdout", "fd/1"},    {"stderr", "fd/2"},
                          {"log", "../run/log"}};

}  // namespace

Dev make_dev() {
    Dev dev;
    dev.tree = detached_tmpfs("755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    const int d = dev.tree.get();
    for (const char* directory : {"pts", "net", "mqueue"})
        must(mkdirat(d, directory, 0755) == 0, "make the directory",
             std::string("/dev/") + directory);
    for (const Device& x : devices) {
        if (mknodat(d, x.name, S_IFCHR | 0666, makedev(x.major, x.minor)) == 0) continue;
        // Only the first user namespace makes devices (mknod(2)). One of the host's that its user
        // may not open (net/tun, often) would be of no use to a node.
        must(errno == EPERM, "make the device", std::string("/dev/") + x.name);
        const std::string path = std::string("/dev/") + x.name;
        if (access(path.c_str(), R_OK | W_OK) != 0) continue;
        const Fd file(openat(d, x.name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        must(bool(file), "make the file", path);
        dev.bound.push_back(path.substr(1));
    }
    for (const Name& x : names)
        must(symlinkat(x.target, d, x.name) == 0, "make the link", std::string("/dev/") + x.name);
    return dev;
}

void attach_devices(const Dev& dev, int host_root) {
    for (const std::string& path : dev.bound)
        attach(copy_of_mount(host_root, path.c_str(), false), path.c_str());
}

}  // namespace labd::spawner
