#include "labd/parser/child.hpp"

#include "labd/fail.hpp"
#include "labd/fd.hpp"
#include "labd/id_map.hpp"
#include "labd/parser/codec.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <exception>
#include <fstream>
#include <sstream>
#include <vector>

namespace labd::parser {
namespace {

constexpr uid_t nobody = 65534;

// What gcc says by a macro, clang says by a feature.
#ifdef __has_feature
#define LAB_HAS(feature) __has_feature(feature)
#else
#define LAB_HAS(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || LAB_HAS(address_sanitizer)
#define LAB_ADDRESS_SANITIZER
#endif
#if defined(LAB_ADDRESS_SANITIZER) || defined(__SANITIZE_THREAD__) || LAB_HAS(thread_sanitizer)
constexpr bool sanitized = true;  // shadow memory is larger than any limit
#else
constexpr bool sanitized = false;
#endif

void must(bool done, const char* what) {
    if (!done) fail(what);
}

void limit(int what, rlim_t most) {
    const rlimit both{most, most};
    must(::setrlimit(static_cast<__rlimit_resource>(what), &both) == 0, "set a limit");
}

// What a computation needs of the kernel.
constexpr std::array<unsigned, 27> allowed{SYS_read,         SYS_write,
                                           SYS_readv,        SYS_writev,
                                           SYS_mmap,         SYS_munmap,
                                           SYS_mremap,       SYS_mprotect,
                                           SYS_madvise,      SYS_brk,
                                           SYS_futex,        SYS_exit,
                                           SYS_exit_group,   SYS_rt_sigreturn,
                                           SYS_rt_sigaction, SYS_rt_sigprocmask,
                                           SYS_sigaltstack,  SYS_clock_gettime,
                                           SYS_gettimeofday, SYS_getrandom,
                                           SYS_sched_yield,  SYS_getpid,
                                           SYS_gettid,       SYS_tgkill,
                                           SYS_close,        SYS_restart_syscall,
                                           SYS_lseek};
// UBSan writes what it doubts into a pipe, to learn whether it can be read.
#ifdef LAB_ADDRESS_SANITIZER
constexpr std::array<unsigned, 1> of_sanitizers{SYS_pipe2};
#else
constexpr std::array<unsigned, 0> of_sanitizers{};
#endif
// What a library may try, and take a no for.
constexpr std::array<unsigned, 6> refused{SYS_openat,   SYS_open,  SYS_newfstatat,
                                          SYS_readlink, SYS_ioctl, SYS_prctl};

sock_filter statement(unsigned code, std::uint32_t k) {
    return {static_cast<std::uint16_t>(code), 0, 0, k};
}
sock_filter jump(unsigned code, std::uint32_t k, std::uint8_t yes, std::uint8_t no) {
    return {static_cast<std::uint16_t>(code), yes, no, k};
}

void forbid_system_calls() {
    std::vector<sock_filter> program {
        statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
#if defined(__x86_64__)
            jump(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
#else
            jump(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_AARCH64, 1, 0),
#endif
            statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
            statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    };
    // Numbers of the x32 ABI are none of these, and so end the process as all others do.
    const auto answer = [&](unsigned number, std::uint32_t action) {
        program.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
        program.push_back(statement(BPF_RET | BPF_K, action));
    };
    for (const unsigned number : allowed) answer(number, SECCOMP_RET_ALLOW);
    for (const unsigned number : of_sanitizers) answer(number, SECCOMP_RET_ALLOW);
    for (const unsigned number : refused) answer(number, SECCOMP_RET_ERRNO | EPERM);
    program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    must(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "forbid system calls");
}

// The user namespace of a labd without root may have a single id, its user's.
bool is_anybody_else_here() {
    std::ostringstream map;
    map << std::ifstream("/proc/self/uid_map").rdbuf();
    return outer_id(parse_id_map(map.str()), nobody).has_value();
}

// By number: glibc's wrappers tell other threads, and there are none.
void leave_root() {
    if (is_anybody_else_here()) {
        must(::syscall(SYS_setgroups, 0, nullptr) == 0 &&
                 ::syscall(SYS_setresgid, nobody, nobody, nobody) == 0 &&
                 ::syscall(SYS_setresuid, nobody, nobody, nobody) == 0,
             "become nobody");
        return;
    }
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct none[2]{};
    must(::syscall(SYS_capset, &header, none) == 0, "give up capabilities");
}

bool read_all(int fd, char* to, std::size_t size) {
    while (size > 0) {
        const ssize_t n = ::read(fd, to, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        to += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

// The first time costs page faults and symbol look-ups: better while nobody waits.
void warm_up() {
    Bundle bundle;
    bundle.main = "warm.lab.toml";
    bundle.files[bundle.main] = {
        "links = [[\"a\", \"r\"], [\"r\", \"b\"]]\n[nodes]\na = \"host\"\nb = \"host\"\n"
        "r = { kind = \"router\", routing = \"ospf\" }\n",
        0644};
    (void)decode(encode(resolve(bundle)));
}

}  // namespace

std::string encode(const Bundle& bundle) {
    Writer out;
    out(bundle.main, bundle.source, bundle.files, bundle.set, bundle.name, bundle.numbering);
    return out.take();
}

std::optional<Bundle> decode_bundle(std::string_view bytes) {
    Bundle bundle;
    Reader in(bytes);
    in(bundle.main, bundle.source, bundle.files, bundle.set, bundle.name, bundle.numbering);
    if (!in.at_end()) return std::nullopt;
    return bundle;
}

void seal(int socket) {
    (void)::prctl(PR_SET_NAME, "lab-parse");  // only a name
    must(::close_range(static_cast<unsigned>(socket) + 1, ~0U, 0) == 0, "close descriptors");
    // When memory runs out, rather this one goes than a lab. Without /proc it may be another.
    if (const Fd score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)); score)
        (void)!::write(score.get(), "1000", 4);
    if (::geteuid() == 0) leave_root();
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, static_cast<rlim_t>(socket) + 1);
    limit(RLIMIT_CPU, 60);
    if (!sanitized) limit(RLIMIT_AS, 4ULL * 1024 * 1024 * 1024);
    // After the change of user, which takes both back (prctl(2)).
    must(::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "end with labd");
    must(::prctl(PR_SET_DUMPABLE, 0) == 0, "be untraceable");
    must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "renounce privileges");
    forbid_system_calls();
}

int serve(int socket) try {
    warm_up();
    seal(socket);
    std::uint64_t length = 0;
    if (!read_all(socket, reinterpret_cast<char*>(&length), sizeof length)) return 0;  // not needed
    if (length > longest_message) return 1;
    std::string bytes(length, '\0');
    if (!read_all(socket, bytes.data(), bytes.size())) return 1;
    const std::optional<Bundle> bundle = decode_bundle(bytes);
    if (!bundle) return 1;
    const std::string answer = encode(resolve(*bundle));
    const std::uint64_t size = answer.size();
    const bool said = write_all(socket, {reinterpret_cast<const char*>(&size), sizeof size}) &&
                      write_all(socket, answer);
    return said ? 0 : 1;
} catch (const std::exception&) {
    return 1;  // labd says so: nothing here can be told that a hostile file did not choose
}

}  // namespace labd::parser
