// Files: below the mounts, beside the root, through other processes, and what is read-only.
#include "tests/escape/attempt.hpp"
#include "tests/escape/tools.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

namespace escape {
namespace {

std::string proc(const Target& target, const std::string& what) {
    return "/proc/" + std::to_string(target.pid()) + "/" + what;
}

Verdict by_path(const Target& target) {
    return target.is_secret(target.text("file")) ? escaped("read its file") : held("read its file");
}

Verdict by_proc_root(const Target& target) {
    for (const std::string place : {"root", "cwd"})
        if (target.is_secret(proc(target, place) + target.text("file")))
            return escaped("read its file below /proc/PID/" + place);
    return held("read /proc/PID/root");
}

Verdict by_proc_descriptor(const Target& target) {
    return target.is_secret(proc(target, "fd/" + target.text("fd")))
               ? escaped("read its descriptor")
               : held("read /proc/PID/fd");
}

// What lies below a mount shows when the mount goes.
Verdict take_mounts_away(const Target& target) {
    if (unshare(CLONE_NEWNS) != 0) return held("unshare");
    for (int round = 0; round < 2; ++round)
        for (const std::string& point : mount_points()) {
            (void)umount2(point.c_str(), round == 0 ? 0 : MNT_DETACH);
            if (target.is_secret(target.text("file"))) return escaped("below " + point);
        }
    return held("nothing of it below any mount");
}

// A root that is only chroot(2)ed to is left by a second one.
Verdict break_chroot(const Target& target) {
    (void)mkdir("/tmp/inner", 0700);
    if (chroot("/tmp/inner") != 0) return held("chroot");
    for (int i = 0; i < 64; ++i) (void)chdir("..");
    (void)chroot(".");
    return by_path(target);
}

Verdict pivot_back(const Target& target) {
    // The root before pivot_root(2) lies below the new one until somebody takes it away.
    if (unshare(CLONE_NEWNS) != 0) return held("unshare");
    const int root = open("/", O_PATH | O_DIRECTORY);
    for (int i = 0; i < 4; ++i) {
        if (umount2("/", MNT_DETACH) != 0) break;
        (void)fchdir(root);
        (void)chroot(".");
        if (by_path(target).outcome == Outcome::escaped) return escaped("below the root");
    }
    (void)chdir("/");
    return break_chroot(target);
}

Verdict through_cwd(const Target& target) {
    std::string way;
    for (int i = 0; i < 64; ++i) {
        way += "../";
        if (target.is_secret(way + target.text("file"))) return escaped("read " + way);
    }
    return held("the working directory is inside");
}

// May be written where the mount says read-only? What is written is a new file of no content.
bool writes_into(const std::string& directory, const Target& target) {
    const std::string file = directory + "/escape-" + target.secret();
    const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    close(fd);
    (void)unlink(file.c_str());
    return true;
}

Verdict write_read_only(const Target& target,
                        const std::function<std::string(std::string)>& open_up,
                        const std::string& way) {
    if (unshare(CLONE_NEWNS) != 0) return held("unshare");
    for (const std::string place :
         {"/usr", "/.lab/base", "/.lab/base/etc", "/.lab/hosts", "/dev", "/", "/tmp/fixed"}) {
        if (access(place.c_str(), F_OK) != 0) continue;
        if (writes_into(open_up(place), target))
            return escaped("wrote into " + place + " by " + way);
    }
    return held(way);
}

Verdict remount(const Target& target) {
    return write_read_only(
        target,
        [](const std::string& place) {
            (void)mount(nullptr, place.c_str(), nullptr, MS_REMOUNT | MS_BIND, nullptr);
            (void)mount(nullptr, place.c_str(), nullptr, MS_REMOUNT, nullptr);
            return place;
        },
        "a remount");
}

Verdict set_attribute(const Target& target) {
    return write_read_only(
        target,
        [](const std::string& place) {
            mount_attr wanted{};
            wanted.attr_clr = MOUNT_ATTR_RDONLY;
            (void)syscall(SYS_mount_setattr, AT_FDCWD, place.c_str(), 0, &wanted, sizeof wanted);
            return place;
        },
        "mount_setattr");
}

Verdict bind_elsewhere(const Target& target) {
    return write_read_only(
        target,
        [](const std::string& place) {
            const std::string copy = "/tmp/copy";
            (void)mkdir(copy.c_str(), 0700);
            // What has locked mounts below it can only be bound with them.
            if (mount(place.c_str(), copy.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
                return std::string("/nonexistent");
            (void)mount(nullptr, copy.c_str(), nullptr, MS_REMOUNT | MS_BIND, nullptr);
            return copy;
        },
        "a bind mount of its own");
}

Verdict copy_tree(const Target& target) {
    return write_read_only(
        target,
        [](const std::string& place) {
            const auto tree =
                static_cast<int>(syscall(SYS_open_tree, AT_FDCWD, place.c_str(), OPEN_TREE_CLONE));
            mount_attr wanted{};
            wanted.attr_clr = MOUNT_ATTR_RDONLY;
            (void)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &wanted, sizeof wanted);
            return "/proc/self/fd/" + std::to_string(tree);
        },
        "open_tree");
}

Verdict move_locked(const Target&) {
    if (unshare(CLONE_NEWNS) != 0) return held("unshare");
    (void)mkdir("/tmp/moved", 0700);
    for (const std::string place : {"/usr", "/dev", "/tmp/fixed"})
        if (mount(place.c_str(), "/tmp/moved", nullptr, MS_MOVE, nullptr) == 0)
            return escaped("moved " + place + " from over what is below it");
    return held("move a mount");
}

// By the number of an inode, past every path (the "shocker" of 2014).
Verdict by_file_handle(const Target& target) {
    alignas(file_handle) unsigned char bytes[sizeof(file_handle) + MAX_HANDLE_SZ]{};
    auto& handle = *reinterpret_cast<file_handle*>(bytes);
    const std::string known = target.text("handle");
    if (known.empty()) return impossible("its file system gives no handles");
    handle.handle_type = static_cast<int>(target.number("handle.type"));
    for (std::size_t i = 0; i + 1 < known.size(); i += 2)
        handle.f_handle[i / 2] =
            static_cast<unsigned char>(std::stoul(known.substr(i, 2), nullptr, 16));
    handle.handle_bytes = static_cast<unsigned>(known.size() / 2);
    for (const std::string& point : mount_points()) {
        const int mounted = open(point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const int fd = open_by_handle_at(mounted, &handle, O_RDONLY);
        if (fd >= 0 && target.is_secret("/proc/self/fd/" + std::to_string(fd)))
            return escaped("read its file by a handle");
    }
    return held("open_by_handle_at");
}

Verdict propagation(const Target&) {
    const std::string table = read_file("/proc/self/mountinfo", 1 << 20);
    for (const std::string tie : {" shared:", " master:"})
        if (table.find(tie) != std::string::npos) return escaped("a mount is tied:" + tie);
    return held("no mount is tied to one elsewhere");
}

Verdict fresh_proc(const Target& target) {
    const std::string directory = scratch();
    if (mount("proc", directory.c_str(), "proc", 0, nullptr) != 0) return held("mount proc");
    const std::string process = directory + "/" + std::to_string(target.pid());
    return read_file(process + "/comm") == "escape-target\n" ? escaped("a new proc shows it")
                                                             : held("a new proc shows its own");
}

// A mount over the file, as a container that has not pivoted.
void hide_file(const Target& target) {
    (void)scratch();
    const std::string file = target.text("file");
    const std::string directory = file.substr(0, file.rfind('/'));
    // Below the tmpfs that scratch() has put over /tmp there may be no such directory any more.
    (void)umount("/tmp");
    must(mount("tmpfs", directory.c_str(), "tmpfs", 0, nullptr) == 0, "cover its file");
}

void fix_directory(const Target&) {
    must(!scratch().empty() && mkdir("/tmp/fixed", 0700) == 0 &&
             mount("tmpfs", "/tmp/fixed", "tmpfs", 0, nullptr) == 0 &&
             mount("/tmp/fixed", "/tmp/fixed", nullptr, MS_BIND, nullptr) == 0 &&
             mount(nullptr, "/tmp/fixed", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0,
         "make a read-only directory");
}

void chroot_to_scratch(const Target& target, bool enter) {
    const int outside = open("/", O_PATH | O_DIRECTORY);
    const std::string root = target.text("directory") + "/root";
    (void)mkdir(root.c_str(), 0700);
    (void)mkdir((root + "/tmp").c_str(), 01777);
    must(chroot(root.c_str()) == 0, "chroot");
    must((enter ? chdir("/") : fchdir(outside)) == 0, "chdir");
    close(outside);
}

}  // namespace

std::vector<Attempt> mount_attempts() {
    const auto inside = [](const Target& t) { chroot_to_scratch(t, true); };
    return {
        {"file-path", by_path, CLONE_NEWNET | CLONE_NEWPID, {}, true},
        {"file-proc-root", by_proc_root, CLONE_NEWNS, hide_file, true},
        {"file-proc-descriptor", by_proc_descriptor, CLONE_NEWNS, hide_file, true},
        {"file-handle", by_file_handle, CLONE_NEWNS, {}, true},
        {"mount-take-away", take_mounts_away, CLONE_NEWNS, hide_file, true},
        {"mount-break-chroot", break_chroot, CLONE_NEWNS, inside, true},
        {"mount-pivot-back", pivot_back, CLONE_NEWNS, inside, true},
        {"mount-working-directory", through_cwd, CLONE_NEWNS,
         [](const Target& t) { chroot_to_scratch(t, false); }, true},
        {"mount-remount", remount, CLONE_NEWNS, fix_directory},
        {"mount-set-attribute", set_attribute, CLONE_NEWNS, fix_directory},
        {"mount-bind-elsewhere", bind_elsewhere, CLONE_NEWNS, fix_directory},
        {"mount-copy-tree", copy_tree, CLONE_NEWNS, fix_directory},
        {"mount-move", move_locked, CLONE_NEWNS, fix_directory},
        {"mount-propagation", propagation, 0,
         [](const Target&) {
             must(unshare(CLONE_NEWNS) == 0 &&
                      mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) == 0,
                  "share the mounts");
         }},
        {"mount-fresh-proc", fresh_proc, CLONE_NEWNS, {}, true},
    };
}

}  // namespace escape
