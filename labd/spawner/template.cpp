// The template root of a lab. A node builds no root: it inherits this one with its clone, and
// because its user namespace is less privileged than L, the kernel locks every mount and every
// read-only flag of it (mount_namespaces(7)). So there is no pivot_root and, above all, no umount
// per node.
#include "labd/spawner/template.hpp"

#include "labd/init/failure.hpp"
#include "labd/spawner/hosts.hpp"
#include "labd/spawner/mounts.hpp"
#include "labd/spawner/namespace_limits.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace labd::spawner {
namespace {

constexpr const char* directories[] = {
    "usr", "dev", "proc", "sys",   "etc",  "run",  "tmp",       "root",     "var",       "home",
    "mnt", "opt", "srv",  "media", "boot", ".lab", ".lab/base", ".lab/own", ".lab/hosts"};

// bin -> usr/bin and so on; a host that is not usr-merged has directories there.
void take_usr_names(int host_root) {
    for (const char* name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
        struct stat s {};
        if (fstatat(host_root, name, &s, AT_SYMLINK_NOFOLLOW) != 0) continue;
        char target[256];
        const ssize_t n = readlinkat(host_root, name, target, sizeof target - 1);
        if (n > 0) {
            target[n] = '\0';
            must(symlink(target, name) == 0, "make the link", name);
        } else if (S_ISDIR(s.st_mode)) {
            must(mkdir(name, 0755) == 0, "make the directory", name);
            attach(copy_of_mount(host_root, name, true), name);
            set_attributes(name, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, true);
        }
    }
}

// A node may mount proc only where a whole one is visible already (mount_too_revealing() in the
// kernel's fs/namespace.c), and what lies below is what its root sees after `umount /proc`. So this
// is the proc of a pid namespace that is dead: it satisfies the kernel and shows nobody.
void mount_empty_proc() {
    const long child =
        syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    must(child >= 0, "make a process namespace for the template's /proc");
    if (child == 0) {
        constexpr unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
        _exit(mount("proc", "proc", "proc", flags, nullptr) == 0 ? 0 : errno);
    }
    int status = 0;
    must(waitpid(static_cast<pid_t>(child), &status, 0) == child, "mount the template's /proc");
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
    must(errno == 0, "mount the template's /proc");
}

}  // namespace

Material gather_material(bool lends, const Fd& stamp) {
    // The owner of a network namespace has the files of its sysfs. They shall be nobody's in a lab:
    // the nodes share this one.
    constexpr const char* step = "make a network namespace for the template's /sys";
    if (unshare(CLONE_NEWNET) != 0) {
        const int error = errno;
        throw Failure{error, with_limit(step, error, CLONE_NEWNET)};
    }
    Material material;
    material.dev = make_dev();
    material.sys = detached_sysfs(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    if (lends && is_current(stamp)) {
        material.wanted = protocol::Wanted::labds;
        material.host = accounts_of_host();
        return material;
    }
    material.host = files_of_host();
    if (lends) {
        material.made = make_base(material.host);
        material.wanted = protocol::Wanted::made;
    }
    return material;
}

Fd build_template(const Material& material, const Fd& base) {
    must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make / private");
    const Fd host_root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    const Fd host_etc(open("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    must(host_root && host_etc, "open the host's /etc");
    const Fd usr = copy_of_mount(host_root.get(), "usr", true);
    // /tmp is any directory that is sure to exist: nobody but us sees this mount.
    must(mount("lab", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") == 0,
         "mount the template root");
    must(chdir("/tmp") == 0, "enter the template root");
    for (const char* name : directories) must(mkdir(name, 0755) == 0, "make the directory", name);
    attach(usr, "usr");
    take_usr_names(host_root.get());
    attach(material.dev.tree, "dev");
    attach_devices(material.dev, host_root.get());

    if (base) {
        attach(base, ".lab/base");
    } else {
        const Fd own(open(".lab/base", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        must(bool(own), "open the template's /etc and /var");
        fill_base(own.get(), material.host, host_etc.get());
    }

    // A mount that is attached nowhere can be copied since Linux 6.15 only, so the writable one for
    // us is the copy and what the nodes see is the first.
    attach(make_hosts(), ".lab/hosts");
    Fd hosts = copy_of_mount(AT_FDCWD, ".lab/hosts", false);

    mount_empty_proc();
    // Writable: a locked read-only sysfs would forbid the writable one that `ip netns exec` mounts
    // inside a node.
    attach(material.sys, "sys");

    constexpr unsigned fixed = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID;
    set_attributes("usr", fixed | MOUNT_ATTR_NODEV, true);
    for (const char* name : {".", ".lab/hosts"})
        set_attributes(name, fixed | MOUNT_ATTR_NODEV, false);
    // Read-only is about the files; who may open a device may write to it.
    set_attributes("dev", fixed | MOUNT_ATTR_NOEXEC, true);
    // The old root now lies on top of the new one (pivot_root(2)), and goes: the lab's only umount.
    must(syscall(SYS_pivot_root, ".", ".") == 0, "pivot into the template root");
    must(umount2(".", MNT_DETACH) == 0 && chdir("/") == 0, "detach the host's root");
    return hosts;
}

}  // namespace labd::spawner
