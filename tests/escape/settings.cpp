// Settings of the machine: /proc/sys outside net, and the files of /proc that act. Every one is
// given the value that it has.
#include "tests/escape/attempt.hpp"
#include "tests/escape/tools.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

namespace escape {
namespace {

// In /proc as it is, in one of our own, and in what lies below /proc.
Verdict in_every_proc(const std::function<Verdict(const std::string&)>& attempt) {
    const std::string directory = scratch();
    Verdict verdict = attempt("/proc");
    if (verdict.outcome == Outcome::escaped) return verdict;
    if (mount("proc", directory.c_str(), "proc", 0, nullptr) == 0)
        if (Verdict own = attempt(directory); own.outcome == Outcome::escaped) return own;
    while (umount2("/proc", MNT_DETACH) == 0)
        if (Verdict below = attempt("/proc"); below.outcome == Outcome::escaped) return below;
    return verdict;
}

Verdict same_value(const std::string& name) {
    return in_every_proc([&](const std::string& proc) {
        const std::string path = proc + "/sys/" + name, value = read_file(path);
        if (value.empty() && access(path.c_str(), F_OK) != 0)
            return proc == "/proc" ? impossible("there is no " + name) : held("it is not there");
        return write_file(path, value.empty() ? "\n" : value) ? escaped("wrote " + path)
                                                              : held("write " + path);
    });
}

Verdict request_help(const Target&) {
    return in_every_proc([](const std::string& proc) {
        const std::string path = proc + "/sysrq-trigger";
        if (access(path.c_str(), F_OK) != 0) return impossible("there is no sysrq");
        return write_file(path, "h") ? escaped("asked sysrq for help") : held("write " + path);
    });
}

Verdict read_kernel(const Target&) {
    return in_every_proc([](const std::string& proc) {
        for (const std::string file : {"/kmsg", "/kcore", "/kpageflags", "/vmallocinfo"}) {
            const int fd = open((proc + file).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
            if (fd >= 0) return close(fd), escaped("opened " + proc + file);
        }
        return held("open the kernel's memory and log");
    });
}

Verdict write_kernel(const Target&) {
    return in_every_proc([](const std::string& proc) {
        for (const std::string file :
             {"/irq/default_smp_affinity", "/mtrr", "/slabinfo", "/timer_list", "/acpi/wakeup",
              "/scsi/scsi", "/bus/pci/00"}) {
            const int fd = open((proc + file).c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
            if (fd >= 0) return close(fd), escaped("may write " + proc + file);
        }
        return held("open the kernel's own files for writing");
    });
}

// A format that no file has. Since Linux 6.7 a user namespace may have a registry of its own, which
// reaches nobody else.
Verdict binary_format(const Target& target) {
    const std::string directory = scratch(), name = "escape" + target.secret().substr(0, 8);
    if (mount("binfmt", directory.c_str(), "binfmt_misc", 0, nullptr) != 0)
        return errno == ENODEV ? impossible("this kernel has no binfmt_misc") : held("mount it");
    const std::string entry = ":" + name + ":M::" + target.secret() + "::/bin/false:";
    const bool registered = write_file(directory + "/register", entry);
    const bool own = registered && !ids_are_the_machines();
    if (registered) (void)write_file(directory + "/" + name, "-1");
    if (own) return errno = 0, held("a registry of its own");
    return registered ? escaped("registered a binary format") : held("register a binary format");
}

}  // namespace

std::vector<Attempt> setting_attempts() {
    std::vector<Attempt> all;
    for (const char* name :
         {"kernel/core_pattern", "kernel/modprobe", "kernel/sysrq", "kernel/printk",
          "kernel/randomize_va_space", "kernel/kptr_restrict", "kernel/usermodehelper/bset",
          "kernel/threads-max", "kernel/panic", "vm/overcommit_memory", "vm/swappiness",
          "vm/mmap_min_addr", "fs/file-max", "fs/protected_symlinks", "fs/suid_dumpable",
          "dev/tty/ldisc_autoload", "net/core/bpf_jit_enable"}) {
        std::string short_name = name;
        for (char& c : short_name)
            if (c == '/' || c == '_') c = '-';
        all.push_back({"setting-" + short_name, [name](const Target&) { return same_value(name); },
                       CLONE_NEWNS});
    }
    all.push_back({"setting-sysrq-trigger", request_help, CLONE_NEWNS});
    all.push_back({"setting-read-kernel", read_kernel, CLONE_NEWNS});
    all.push_back({"setting-write-kernel", write_kernel, CLONE_NEWNS});
    all.push_back({"setting-binary-format", binary_format, CLONE_NEWNS});
    return all;
}

}  // namespace escape
