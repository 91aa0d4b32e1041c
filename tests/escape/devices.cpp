// Devices: those that are there, those that could be made, and file systems that show the kernel.
#include "tests/escape/attempt.hpp"
#include "tests/escape/tools.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

namespace escape {
namespace {

bool harmless(const std::string& path, dev_t device) {
    const unsigned major = ::major(device), minor = ::minor(device);
    // null, zero, full, random, urandom; tty, ptmx; tun, which makes interfaces of one's own.
    if (major == 1) return minor == 3 || minor == 5 || (minor >= 7 && minor <= 9);
    if (major == 5) return minor == 0 || minor == 2;
    if (major == 10 && minor == 200) return true;
    return major >= 136 && major <= 143 && path.find("/pts/") != std::string::npos;
}

Verdict search(const std::string& directory) {
    DIR* entries = opendir(directory.c_str());
    if (entries == nullptr) return held("open " + directory);
    Verdict verdict = held("nothing but harmless devices");
    while (const dirent* entry = readdir(entries)) {
        const std::string name = entry->d_name, path = directory + "/" + name;
        struct stat s {};
        if (name == "." || name == ".." || lstat(path.c_str(), &s) != 0) continue;
        if (S_ISDIR(s.st_mode)) {
            if (Verdict below = search(path); below.outcome == Outcome::escaped) verdict = below;
        } else if ((S_ISCHR(s.st_mode) || S_ISBLK(s.st_mode)) && !harmless(path, s.st_rdev)) {
            const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
            if (fd >= 0) verdict = escaped("opened " + path);
            if (fd >= 0) close(fd);
        }
    }
    closedir(entries);
    return verdict;
}

Verdict there(const Target&) {
    return search("/dev");
}

Verdict make(mode_t type, unsigned major, unsigned minor) {
    const std::string directory = scratch();
    if (directory.empty()) return held("mount a tmpfs");
    const std::string path = directory + "/device";
    if (mknod(path.c_str(), type | 0600, makedev(major, minor)) != 0) return held("mknod");
    const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return held("open what mknod made");
    close(fd);
    return escaped("made and opened a device");
}

Verdict make_kernel_log(const Target&) {
    return make(S_IFCHR, 1, 11);
}

Verdict make_memory(const Target&) {
    Verdict verdict = make(S_IFCHR, 1, 1);
    if (verdict.outcome == Outcome::held && errno == ENXIO)
        return impossible("this kernel has no /dev/mem");
    return verdict;
}

Verdict make_loop(const Target&) {
    const Verdict verdict = make(S_IFBLK, 7, 0);
    if (verdict.outcome == Outcome::held && (errno == ENXIO || errno == ENODEV))
        return impossible("this kernel has no loop devices");
    return verdict;
}

// File systems that are the kernel's own, one for the whole machine.
Verdict mount_kernels(const Target&) {
    const std::string directory = scratch();
    if (directory.empty()) return held("mount a tmpfs");
    int known = 0;
    for (const char* type : {"debugfs", "tracefs", "securityfs", "configfs", "pstore", "efivarfs",
                             "bpf", "selinuxfs", "fusectl", "devtmpfs", "resctrl"}) {
        if (mount("escape", directory.c_str(), type, 0, nullptr) == 0)
            return escaped(std::string("mounted ") + type);
        known += errno != ENODEV;
    }
    return known == 0 ? impossible("no such file system") : held("mount them");
}

// Every file of it is root's, read-only or not.
Verdict write_sysfs(const Target&) {
    const std::string directory = scratch();
    std::vector<std::string> roots{"/sys", directory};
    (void)mount("sysfs", directory.c_str(), "sysfs", 0, nullptr);
    (void)mount(nullptr, "/sys", nullptr, MS_REMOUNT | MS_BIND, nullptr);
    bool any = false;
    for (int round = 0; round < 2; ++round) {
        for (const std::string& root : roots)
            for (const std::string file :
                 {"/kernel/uevent_helper", "/power/state", "/kernel/mm/ksm/run",
                  "/module/kernel/parameters/panic", "/kernel/profiling",
                  "/devices/virtual/misc/kmsg/uevent", "/kernel/rcu_expedited"}) {
                any |= access((root + file).c_str(), F_OK) == 0;
                const int fd = open((root + file).c_str(), O_WRONLY | O_CLOEXEC);
                if (fd >= 0) return close(fd), escaped("may write " + root + file);
            }
        (void)umount2("/sys", MNT_DETACH);  // and what was below it
    }
    return any ? held("write to sysfs") : impossible("none of the files is there");
}

}  // namespace

std::vector<Attempt> device_attempts() {
    constexpr int apart = CLONE_NEWNS | CLONE_NEWNET;
    return {
        {"device-there", there, apart},         {"device-kernel-log", make_kernel_log, apart},
        {"device-memory", make_memory, apart},  {"device-block", make_loop, apart},
        {"device-mount", mount_kernels, apart}, {"device-sysfs", write_sysfs, apart},
    };
}

}  // namespace escape
