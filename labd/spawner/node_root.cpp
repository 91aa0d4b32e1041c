#include "labd/spawner/node_root.hpp"

#include "labd/fd.hpp"
#include "labd/init/failure.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

namespace labd::spawner {
namespace {

using protocol::Level;

// Bound from the tmpfs over the template's empty directories.
constexpr const char* own_places[] = {"run", "tmp", "root", "home", "mnt", "opt", "srv"};

// The template below, this node's tmpfs above: all of it writable, nothing copied.
void mount_overlay(const std::string& place, Level level) {
    std::string options = "lowerdir=/.lab/base/" + place + ",upperdir=/.lab/own/" + place +
                          ",workdir=/.lab/own/" + place + ".work";
    // trusted.* attributes are for the first user namespace alone (xattr(7)).
    if (level != Level::open) options += ",userxattr";
    const std::string target = "/" + place;
    must(mount("lab", target.c_str(), "overlay", MS_NOSUID | MS_NODEV, options.c_str()) == 0,
         "mount", target);
}

}  // namespace

NodeRoot::NodeRoot(const Accounts& accounts, const Ids& ids)
    : directories_(own_directories(accounts, ids)), pts_options_(pts_options(accounts, ids)) {}

void NodeRoot::show_kernel(Level level) {
    constexpr unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    must(mount("proc", "/proc", "proc", flags, nullptr) == 0, "mount /proc");
    must(mount("sysfs", "/sys", "sysfs", flags, nullptr) == 0, "mount /sys");
    if (level == Level::open) return;
    // This mount, not the file system: root of the node may want to write to its own interfaces.
    constexpr unsigned long fixed = MS_REMOUNT | MS_BIND | MS_RDONLY;
    must(mount(nullptr, "/sys", nullptr, flags | fixed, nullptr) == 0, "make /sys read-only");
}

void NodeRoot::furnish(const std::string& hostname, Level level) const {
    must(mount("node", "/.lab/own", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=25%") == 0,
         "mount the node's own tmpfs");
    const Fd own(open("/.lab/own", O_PATH | O_DIRECTORY | O_CLOEXEC));
    must(bool(own), "open the node's own tmpfs");
    make_directories(own.get(), directories_, "");
    const Fd etc(openat(own.get(), "etc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    write_hostname(etc.get(), hostname);
    mount_overlay("etc", level);
    mount_overlay("var", level);
    for (const char* place : own_places) {
        const std::string from = std::string("/.lab/own/") + place, to = std::string("/") + place;
        must(mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0, "mount", to);
    }
    must(mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, pts_options_.c_str()) == 0,
         "mount /dev/pts");
}

void show_open_kernel() {
    constexpr unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    (void)mount("bpf", "/sys/fs/bpf", "bpf", flags, "mode=700");
    (void)mount("tracefs", "/sys/kernel/tracing", "tracefs", flags, nullptr);
}

void write_hostname(int etc, const std::string& hostname) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    const Fd name(openat(etc, "hostname", flags, 0644));
    const std::string line = hostname + "\n";
    must(name && write(name.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()),
         "write /etc/hostname");
}

}  // namespace labd::spawner
