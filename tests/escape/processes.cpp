// Other processes: to signal, to trace, to read; and the node's own PID 1, which is the host's.
#include "tests/escape/attempt.hpp"
#include "tests/escape/tools.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace escape {
namespace {

Verdict signal_it(const Target& target) {
    return kill(target.pid(), 0) == 0 ? escaped("may signal it") : held("kill");
}

Verdict signal_by_pidfd(const Target& target) {
    const auto fd = static_cast<int>(syscall(SYS_pidfd_open, target.pid(), 0));
    if (fd < 0) return held("pidfd_open");
    return syscall(SYS_pidfd_send_signal, fd, 0, nullptr, 0) == 0 ? escaped("may signal it")
                                                                  : held("pidfd_send_signal");
}

Verdict take_descriptor_of(pid_t pid, int number, const std::function<bool(int)>& wanted) {
    const auto fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) return held("pidfd_open");
    const auto taken = static_cast<int>(syscall(SYS_pidfd_getfd, fd, number, 0));
    if (taken < 0) return held("pidfd_getfd");
    return wanted(taken) ? escaped("took its descriptor") : held("not what was wanted");
}

Verdict take_descriptor(const Target& target) {
    return take_descriptor_of(target.pid(), static_cast<int>(target.number("fd")), [&](int taken) {
        char text[64] = {};
        return pread(taken, text, sizeof text - 1, 0) > 0 && target.secret() == text;
    });
}

Verdict trace(pid_t pid) {
    // Seized, it runs on; detached when the child ends.
    const int status =
        in_child([pid] { return ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0 ? 0 : errno; });
    errno = status;
    return status == 0 ? escaped("may trace it") : held("ptrace");
}

Verdict trace_it(const Target& target) {
    return trace(target.pid());
}

Verdict read_memory(const Target& target) {
    char text[64] = {};
    iovec here{text, target.secret().size()},
        there{reinterpret_cast<void*>(target.number("address")), target.secret().size()};
    if (process_vm_readv(target.pid(), &here, 1, &there, 1, 0) < 0) return held("process_vm_readv");
    return target.secret() == text ? escaped("read its memory") : held("another's memory");
}

Verdict read_mem_file(const Target& target) {
    const std::string path = "/proc/" + std::to_string(target.pid()) + "/mem";
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    char text[64] = {};
    if (fd < 0) return held("open " + path);
    if (pread(fd, text, target.secret().size(), static_cast<off_t>(target.number("address"))) < 0)
        return held("read " + path);
    return target.secret() == text ? escaped("read its memory") : held("another's memory");
}

Verdict change_limits(const Target& target) {
    rlimit limit{};
    return prlimit(target.pid(), RLIMIT_NOFILE, nullptr, &limit) == 0 ? escaped("read its limits")
                                                                      : held("prlimit");
}

Verdict change_scheduling(const Target& target) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(target.pid(), sizeof set, &set) != 0) return held("sched_getaffinity");
    return sched_setaffinity(target.pid(), sizeof set, &set) == 0 ? escaped("may move it")
                                                                  : held("sched_setaffinity");
}

// ---------------------------------------------------------------- PID 1

Verdict trace_init(const Target&) {
    return trace(1);
}

Verdict read_init(const Target&) {
    for (const char* file : {"mem", "maps", "environ", "exe", "auxv", "stack", "syscall", "io"}) {
        const int fd = open((std::string("/proc/1/") + file).c_str(), O_RDONLY | O_CLOEXEC);
        char byte = 0;
        // Whoever may not trace it gets an empty environ and maps instead of an error.
        if (fd >= 0 && (read(fd, &byte, 1) > 0 || std::string(file) == "mem"))
            return escaped(std::string("read /proc/1/") + file);
    }
    return held("read /proc/1");
}

Verdict follow_init(const Target&) {
    for (const char* link : {"root", "cwd", "exe", "fd/0", "fd/3", "fd/4", "ns/net", "ns/user"}) {
        const std::string path = std::string("/proc/1/") + link;
        char place[256];
        if (readlink(path.c_str(), place, sizeof place) > 0) return escaped("followed " + path);
    }
    return held("follow links of /proc/1");
}

Verdict take_inits_descriptors(const Target&) {
    for (int number = 0; number < 32; ++number) {
        const Verdict verdict = take_descriptor_of(1, number, [](int) { return true; });
        if (verdict.outcome == Outcome::escaped) return verdict;
    }
    return held("pidfd_getfd");
}

Verdict stop_init(const Target&) {
    // The kernel keeps signals that a PID 1 has no handler for from it; those of a tracer, or a
    // kill from outside, come through.
    if (ptrace(PTRACE_ATTACH, 1, nullptr, nullptr) != 0) return held("ptrace");
    (void)waitpid(1, nullptr, __WALL);
    (void)ptrace(PTRACE_DETACH, 1, nullptr, nullptr);
    return escaped("stopped PID 1");
}

Verdict write_init_settings(const Target&) {
    // Some may be opened by anybody: it is the writing that counts. timerslack_ns is left out: with
    // CAP_SYS_NICE in its own namespace a node may spoil its own timers.
    for (const std::string file : {"oom_score_adj", "comm", "coredump_filter", "clear_refs"}) {
        const std::string path = "/proc/1/" + file, value = read_file(path);
        if (write_file(path, value.empty() ? "0" : value)) return escaped("wrote " + path);
    }
    return held("write to /proc/1");
}

// PID 1 of a process namespace is a copy of us, and /proc is its own.
void new_proc(const Target&) {
    (void)scratch();
    must(mount("proc", "/proc", "proc", 0, nullptr) == 0, "mount proc");
}

}  // namespace

std::vector<Attempt> process_attempts() {
    constexpr int apart = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC;
    constexpr int with_init = CLONE_NEWPID | CLONE_NEWNS;
    return {
        {"process-signal", signal_it, apart, {}, true},
        {"process-signal-pidfd", signal_by_pidfd, apart, {}, true},
        {"process-descriptor", take_descriptor, apart, {}, true},
        {"process-trace", trace_it, apart, {}, true},
        {"process-memory", read_memory, apart, {}, true},
        {"process-memory-file", read_mem_file, apart, {}, true},
        {"process-limits", change_limits, apart, {}, true},
        {"process-scheduling", change_scheduling, apart, {}, true},
        {"init-trace", trace_init, with_init, new_proc},
        {"init-read", read_init, with_init, new_proc},
        {"init-follow", follow_init, with_init, new_proc},
        {"init-descriptors", take_inits_descriptors, with_init, new_proc},
        {"init-stop", stop_init, with_init, new_proc},
        {"init-settings", write_init_settings, with_init, new_proc},
    };
}

}  // namespace escape
