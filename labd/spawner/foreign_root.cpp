#include "labd/spawner/foreign_root.hpp"

#include "labd/init/failure.hpp"
#include "labd/spawner/mounts.hpp"
#include "labd/spawner/node_root.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace labd::spawner {
namespace {

using protocol::Level;

// Ours; attached in every template of a directory, copied from the lab's.
constexpr const char* ours[] = {"dev", "proc", "sys", ".lab/hosts"};
constexpr const char* empty[] = {".lab/root", ".lab/own", ".lab/new"};

Fd mount_namespace(int proc) {
    Fd fd(openat(proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC));
    must(bool(fd), "open a mount namespace");
    return fd;
}

// The root is the working directory's before and after.
void pivot() {
    must(syscall(SYS_pivot_root, ".", ".") == 0, "pivot into the directory's root");
    must(umount2(".", MNT_DETACH) == 0 && chdir("/") == 0, "detach the template root");
}

void build_template(const Fd& directory) {
    must(mount("lab", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") == 0 && chdir("/tmp") == 0,
         "mount a template root for the directory");
    must(mkdir(".lab", 0755) == 0, "make the directory .lab");
    for (const char* name : empty) must(mkdir(name, 0755) == 0, "make the directory", name);
    attach(directory, ".lab/root");
    for (const char* name : ours) {
        must(mkdir(name, 0755) == 0, "make the directory", name);
        attach(copy_of_mount(AT_FDCWD, (std::string("/") + name).c_str(), true), name);
    }
    set_attributes(".", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false);
    pivot();
}

// A real directory at `path` of the node's root, made where it is absent; never through a link.
Fd directory_at(int root, const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const Fd parent =
        slash == std::string::npos ? Fd(dup(root)) : directory_at(root, path.substr(0, slash));
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    (void)mkdirat(parent.get(), name.c_str(), 0755);
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    Fd fd(static_cast<int>(syscall(SYS_openat2, parent.get(), name.c_str(), &how, sizeof how)));
    must(bool(fd), "find a directory in the node's root:", "/" + path);
    return fd;
}

void attach_at(const Fd& mount, int root, const std::string& path) {
    const Fd target = directory_at(root, path);
    must(move_mount(mount.get(), "", target.get(), "",
                    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0,
         "mount", "/" + path);
}

// A plain file of the directory, its links followed inside it alone.
std::string text_in(int root, const char* path) {
    open_how how{};
    how.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const Fd file(static_cast<int>(syscall(SYS_openat2, root, path, &how, sizeof how)));
    struct stat s {};
    const bool plain = file && fstat(file.get(), &s) == 0 && S_ISREG(s.st_mode);
    return plain ? read_text(file) : "";
}

// hosts and hostname are the lab's to say.
void write_etc(int root, const std::string& hostname) {
    const Fd etc = directory_at(root, "etc");
    for (const char* name : {"hosts", "hostname"})
        must(unlinkat(etc.get(), name, 0) == 0 || errno == ENOENT, "replace",
             std::string("/etc/") + name);
    must(symlinkat("/.lab/hosts/hosts", etc.get(), "hosts") == 0, "make the link /etc/hosts");
    write_hostname(etc.get(), hostname);
}

}  // namespace

void ForeignRoots::add(const std::string& name, const Fd& directory) {
    if (!home_) home_ = mount_namespace(proc_);
    must(unshare(CLONE_NEWNS) == 0, "make a mount namespace for a directory");
    Fd made;
    try {
        build_template(directory);
        made = mount_namespace(proc_);
    } catch (const Failure&) {
        leave(name);
        throw;
    }
    leave(name);
    namespaces_[name] = std::move(made);
}

void ForeignRoots::enter(const std::string& name) const {
    if (name.empty()) return;
    const auto found = namespaces_.find(name);
    if (found == namespaces_.end()) throw Failure{ENOENT, "find the root " + name};
    must(setns(found->second.get(), CLONE_NEWNS) == 0, "enter a mount namespace");
}

void ForeignRoots::leave(const std::string& name) const {
    if (!name.empty()) must(setns(home_.get(), CLONE_NEWNS) == 0, "come back to the lab's root");
}

void settle_in_foreign_root(const std::string& hostname, Level level, const Ids& ids) {
    must(mount("node", "/.lab/own", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=25%") == 0,
         "mount the node's own tmpfs");
    const Fd own(open("/.lab/own", O_PATH | O_DIRECTORY | O_CLOEXEC));
    must(own && mkdirat(own.get(), "upper", 0755) == 0 && mkdirat(own.get(), "work", 0755) == 0,
         "make the directories of the node's own tmpfs");
    std::string options = "lowerdir=/.lab/root,upperdir=/.lab/own/upper,workdir=/.lab/own/work";
    if (level != Level::open) options += ",userxattr";
    must(mount("lab", "/.lab/new", "overlay", MS_NOSUID | MS_NODEV, options.c_str()) == 0,
         "lay the node's own files over the directory");

    // What must come along is held before the way to it is gone. The empty proc and sysfs below
    // the node's own are what lets it mount more of them (see the lab's template).
    const Fd dev = copy_of_mount(AT_FDCWD, "/dev", true),
             hosts = copy_of_mount(AT_FDCWD, "/.lab/hosts", false),
             proc = copy_of_mount(AT_FDCWD, "/proc", false),
             sys = copy_of_mount(AT_FDCWD, "/sys", false);
    must(chdir("/.lab/new") == 0, "enter the node's root");
    const Fd root(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    must(bool(root), "open the node's root");
    const Accounts accounts(text_in(root.get(), "etc/passwd"), text_in(root.get(), "etc/group"));
    make_directories(own.get(), own_directories(accounts, ids), "run");
    make_directories(own.get(), own_directories(accounts, ids), "tmp");
    const Fd run = copy_of_mount(own.get(), "run", false),
             tmp = copy_of_mount(own.get(), "tmp", false);
    pivot();

    attach_at(proc, root.get(), "proc");
    attach_at(sys, root.get(), "sys");
    NodeRoot::show_kernel(level);
    attach_at(dev, root.get(), "dev");
    must(mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
               pts_options(accounts, ids).c_str()) == 0,
         "mount /dev/pts");
    attach_at(run, root.get(), "run");
    attach_at(tmp, root.get(), "tmp");
    attach_at(hosts, root.get(), ".lab/hosts");
    write_etc(root.get(), hostname);
}

}  // namespace labd::spawner
