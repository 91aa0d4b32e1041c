// The allow list of a relay. It reads what hostile nodes send, so it keeps nothing to go anywhere
// with: no files, no new sockets, no programs, no namespaces.
#include "labd/spawner/seccomp_program.hpp"

#include <sys/syscall.h>

#include <cerrno>

namespace labd::spawner {

Program relay_part() {
    // clang-format off
    constexpr int allowed[] = {
        SYS_epoll_pwait2, SYS_recvmmsg, SYS_sendmmsg, SYS_epoll_ctl, SYS_epoll_create1, SYS_recvfrom,
        SYS_sendto, SYS_recvmsg, SYS_sendmsg, SYS_accept4, SYS_bind, SYS_setsockopt, SYS_getsockopt,
        SYS_fcntl, SYS_close, SYS_clock_gettime, SYS_getrandom, SYS_prctl, SYS_write,
        SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex, SYS_restart_syscall,
        SYS_rt_sigreturn, SYS_exit, SYS_exit_group,
    };
    // clang-format on
    Program p;
    for (const int call : allowed) p.when(static_cast<std::uint32_t>(call), Program().allow());
    return p.refuse(EPERM);
}

}  // namespace labd::spawner
