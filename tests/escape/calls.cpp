// System calls that reach the kernel beside every namespace. Each is made so that it changes
// nothing: an argument is wrong, and the errno tells whether the caller was stopped before that.
#include "tests/escape/attempt.hpp"
#include "tests/escape/tools.hpp"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace escape {
namespace {

struct Call {
    const char* name;
    std::function<long()> make;
};

// Stopped: EPERM or EACCES. Anything else means that its arguments were looked at.
Verdict judge(const Call& call) {
    errno = 0;
    const long result = call.make();
    if (result >= 0) return escaped(std::string(call.name) + " worked");
    if (errno == EPERM || errno == EACCES) return held(call.name);
    if (errno == ENOSYS || errno == EOPNOTSUPP)
        return impossible(std::string("this kernel has no ") + call.name);
    return escaped(std::string(call.name) + " was allowed: " + std::strerror(errno));
}

long load_filter() {
    const bpf_insn code[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
                             {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    bpf_attr attributes{};
    attributes.prog_type = BPF_PROG_TYPE_XDP;
    attributes.insns = reinterpret_cast<std::uintptr_t>(code);
    attributes.insn_cnt = 2;
    attributes.license = reinterpret_cast<std::uintptr_t>("GPL");
    return syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
}

long watch_machine() {
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.config = PERF_COUNT_SW_CPU_CLOCK;
    return syscall(SYS_perf_event_open, &attributes, -1, 0, -1, 0);
}

long adjust_clock() {
    timex values{};
    if (syscall(SYS_clock_adjtime, 0, &values) < 0) return -1;  // reading needs no right …
    values.modes = ADJ_TICK;                                    // … but the filter may forbid it
    return syscall(SYS_clock_adjtime, 0, &values);
}

const std::vector<Call> calls = {
    {"bpf", load_filter},
    {"perf_event_open", watch_machine},
    {"clock_adjtime", adjust_clock},
    {"init_module", [] { return syscall(SYS_init_module, "", 0, ""); }},
    {"finit_module", [] { return syscall(SYS_finit_module, -1, "", 0); }},
    {"delete_module", [] { return syscall(SYS_delete_module, "escape_none", O_NONBLOCK); }},
    {"kexec_load", [] { return syscall(SYS_kexec_load, 0, 0, nullptr, 0xffff0000ul); }},
    {"kexec_file_load", [] { return syscall(SYS_kexec_file_load, -1, -1, 0, nullptr, 0xfffful); }},
    {"swapon", [] { return syscall(SYS_swapon, "/nonexistent", 0); }},
    {"swapoff", [] { return syscall(SYS_swapoff, "/nonexistent"); }},
    {"acct", [] { return syscall(SYS_acct, "/nonexistent"); }},
    {"syslog", [] { return syscall(SYS_syslog, 10, nullptr, 0); }},
    {"fanotify_init", [] { return syscall(SYS_fanotify_init, 0x4, O_RDONLY); }},
    {"userfaultfd", [] { return syscall(SYS_userfaultfd, O_CLOEXEC); }},
    {"io_uring_setup", [] { return syscall(SYS_io_uring_setup, 0, nullptr); }},
    {"add_key", [] { return syscall(SYS_add_key, "escape-none", "x", nullptr, 0, -1); }},
    {"request_key", [] { return syscall(SYS_request_key, "escape-none", "x", nullptr, 0); }},
    {"quotactl", [] { return syscall(SYS_quotactl, 0x800002 << 8, "/nonexistent", 0, nullptr); }},
    {"quotactl_fd", [] { return syscall(SYS_quotactl_fd, -1, 0x800002 << 8, 0, nullptr); }},
#if defined __x86_64__
    {"iopl", [] { return syscall(SYS_iopl, 3); }},
    {"ioperm", [] { return syscall(SYS_ioperm, 0x80, 1, 1); }},
#endif
};

#if defined __x86_64__
// Numbers of another ABI would carry calls past a list of numbers. In a child: a kernel without
// that ABI ends who tries.
Verdict by_other_abi(const Target&) {
    const int status = in_child([] {
        long result = 288;  // keyctl of i386: of KEYCTL_GET_KEYRING_ID and a wrong ring
        asm volatile("int $0x80" : "+a"(result) : "b"(0), "c"(-99), "d"(0) : "memory");
        return result == -ENOSYS || result == -EPERM ? 1 : 0;
    });
    if (status < 0) return impossible("this kernel has no i386");
    errno = 0;
    return status == 0 ? escaped("keyctl by int 0x80") : held("int 0x80");
}

Verdict by_x32(const Target&) {
    constexpr long x32 = 0x40000000;
    if (syscall(x32 + SYS_getpid) == getpid()) return escaped("a call of x32");
    utsname name{};
    (void)uname(&name);
    return errno == ENOSYS ? impossible("no x32") : held("x32");
}
#endif

// Not a way out, but a wider field of attack: level `strict` closes it.
Verdict nested_user_namespace(const Target&) {
    return unshare(CLONE_NEWUSER) == 0 ? escaped("made a user namespace") : held("unshare");
}

Verdict nested_by_clone(const Target&) {
    const long child =
        syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (child == 0) _exit(0);
    return child > 0 ? escaped("cloned into a user namespace") : held("clone");
}

}  // namespace

std::vector<Attempt> call_attempts() {
    std::vector<Attempt> all;
    for (const Call& call : calls) {
        std::string name = call.name;
        for (char& c : name)
            if (c == '_') c = '-';
        all.push_back(
            {"call-" + name, [&call](const Target&) { return judge(call); }, CLONE_NEWNS});
    }
#if defined __x86_64__
    all.push_back({"call-i386", by_other_abi, CLONE_NEWNS});
    all.push_back({"call-x32", by_x32, CLONE_NEWNS});
#endif
    all.push_back({"nested-user-namespace", nested_user_namespace, CLONE_NEWNS});
    all.push_back({"nested-user-namespace-clone", nested_by_clone, CLONE_NEWNS});
    return all;
}

}  // namespace escape
