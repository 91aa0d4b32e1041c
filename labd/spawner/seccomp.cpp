// The deny list of level `lab`. The user namespace is the boundary; this only trims what a node
// could reach of the kernel (security.md 1.2).
#include "labd/spawner/seccomp.hpp"

#include "labd/init/failure.hpp"
#include "labd/spawner/seccomp_program.hpp"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace labd::spawner {
namespace {

constexpr int denied[] = {
    // Opens any namespace by a guessed handle since nsfs exports file handles (Linux 6.18).
    SYS_open_by_handle_at,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_add_key,
    SYS_keyctl,
    SYS_request_key,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
#ifdef SYS_iopl
    SYS_iopl,
    SYS_ioperm,
#endif
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_syslog,
    SYS_fanotify_init,
    SYS_quotactl,
#ifdef SYS_quotactl_fd
    SYS_quotactl_fd,
#endif
    SYS_lookup_dcookie};

// Their addresses are of the machine, not of a network namespace: nodes would reach each other, the
// host and what the host is a guest of.
constexpr int unconfined_families[] = {AF_VSOCK, AF_QIPCRTR, AF_ISDN, AF_IUCV};

#if defined __x86_64__
constexpr std::uint32_t native = AUDIT_ARCH_X86_64;
#elif defined __aarch64__
constexpr std::uint32_t native = AUDIT_ARCH_AARCH64;
#else
#error "seccomp.cpp: which AUDIT_ARCH is this?"
#endif

void install(Program program) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.code().data()};
    must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0,
         "install the seccomp filter");
}

}  // namespace

Program common_part() {
    Program p;
    p.load(offsetof(seccomp_data, arch)).unless(native, Program().refuse(ENOSYS));
    p.load(offsetof(seccomp_data, nr));
#if defined __x86_64__
    // x32: the same architecture, other numbers.
    p.from(0x40000000u, Program().refuse(ENOSYS));
#endif
    for (const int call : denied) p.when(static_cast<std::uint32_t>(call), Program().refuse(EPERM));
    // The machine has one number of them for everybody (aio-max-nr), and a user namespace no share
    // of it: libaio does without where the kernel has none.
    p.when(SYS_io_setup, Program().refuse(ENOSYS));
    Program family;
    family.load_argument(0);
    for (const int f : unconfined_families)
        family.when(static_cast<std::uint32_t>(f), Program().refuse(EAFNOSUPPORT));
    // What programs linked with libaudit take for "no audit here".
    Program protocol;
    protocol.load_argument(2).when(NETLINK_AUDIT, Program().refuse(EAFNOSUPPORT));
    family.when(AF_NETLINK, protocol);
    p.when(SYS_socket, family.load(offsetof(seccomp_data, nr)));
    // Nodes share files of the lab, whose owner is root in each of them: a lease would hold up
    // everybody else who opens one (fcntl(2)).
    Program command;
    command.load_argument(1).when(F_SETLEASE, Program().refuse(EPERM));
    p.when(SYS_fcntl, command.load(offsetof(seccomp_data, nr)));
    return p;
}

void install_seccomp() {
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "set no_new_privs");
    install(common_part().allow());
}

void install_strict_seccomp() {
    install(common_part().append(strict_part()));
}

void install_relay_seccomp() {
    install(common_part().append(relay_part()));
}

}  // namespace labd::spawner
