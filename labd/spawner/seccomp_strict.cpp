// The allow list of level `strict`: what a C library, shells, network tools and routing daemons
// call. The namespaces, mounts and capabilities of a node stay usable (`ip netns add` works); user
// namespaces inside, which open much of the kernel to whoever makes one, do not.
#include "labd/spawner/seccomp_program.hpp"

#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace labd::spawner {
namespace {

// clang-format off
constexpr int allowed[] = {
    // files
    SYS_read, SYS_write, SYS_close, SYS_fstat, SYS_lseek, SYS_pread64, SYS_pwrite64, SYS_readv,
    SYS_writev, SYS_preadv, SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_sendfile, SYS_dup, SYS_dup3,
    SYS_fcntl, SYS_flock, SYS_fsync, SYS_fdatasync, SYS_sync, SYS_syncfs, SYS_sync_file_range,
    SYS_truncate, SYS_ftruncate, SYS_fallocate, SYS_fadvise64, SYS_readahead, SYS_getdents64,
    SYS_getcwd, SYS_chdir, SYS_fchdir, SYS_chroot, SYS_umask, SYS_openat, SYS_openat2, SYS_mkdirat,
    SYS_mknodat, SYS_fchownat, SYS_fchown, SYS_fchmod, SYS_fchmodat, SYS_unlinkat, SYS_renameat,
    SYS_renameat2, SYS_linkat, SYS_symlinkat, SYS_readlinkat, SYS_faccessat, SYS_faccessat2,
    SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs, SYS_utimensat, SYS_copy_file_range,
    SYS_splice, SYS_tee, SYS_vmsplice, SYS_close_range, SYS_pipe2, SYS_inotify_init1,
    SYS_inotify_add_watch, SYS_inotify_rm_watch, SYS_name_to_handle_at, SYS_getxattr,
    SYS_lgetxattr, SYS_fgetxattr, SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_listxattr,
    SYS_llistxattr, SYS_flistxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
    SYS_io_destroy, SYS_io_submit, SYS_io_cancel, SYS_io_getevents,
    452 /* fchmodat2 */,
    // memory
    SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_msync, SYS_mincore, SYS_brk,
    SYS_mlock, SYS_mlock2, SYS_munlock, SYS_mlockall, SYS_munlockall, SYS_memfd_create,
    SYS_membarrier, SYS_remap_file_pages, SYS_pkey_alloc, SYS_pkey_free, SYS_pkey_mprotect,
    SYS_process_madvise, 451 /* cachestat */, 453 /* map_shadow_stack */, 462 /* mseal */,
    // waiting and time
    SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2,
    SYS_eventfd2, SYS_signalfd4, SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime,
    SYS_timer_create, SYS_timer_settime, SYS_timer_gettime, SYS_timer_getoverrun, SYS_timer_delete,
    SYS_nanosleep, SYS_clock_nanosleep, SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday,
    SYS_getitimer, SYS_setitimer, SYS_times, SYS_futex, SYS_futex_waitv, SYS_get_robust_list,
    SYS_set_robust_list, SYS_restart_syscall, SYS_rseq, 454 /* futex_wake */, 455 /* futex_wait */,
    456 /* futex_requeue */,
    // processes
    SYS_execve, SYS_execveat, SYS_exit, SYS_exit_group, SYS_wait4, SYS_waitid, SYS_kill, SYS_tkill,
    SYS_tgkill, SYS_pidfd_open, SYS_pidfd_send_signal, SYS_rt_sigaction, SYS_rt_sigprocmask,
    SYS_rt_sigpending, SYS_rt_sigtimedwait, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
    SYS_rt_sigreturn, SYS_rt_sigsuspend, SYS_sigaltstack, SYS_getpid, SYS_getppid, SYS_gettid,
    SYS_set_tid_address, SYS_getpgid, SYS_setpgid, SYS_getsid, SYS_setsid, SYS_getuid, SYS_geteuid,
    SYS_getgid, SYS_getegid, SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid,
    SYS_getresuid, SYS_setresgid, SYS_getresgid, SYS_setfsuid, SYS_setfsgid, SYS_getgroups,
    SYS_setgroups, SYS_capget, SYS_capset, SYS_prctl, SYS_prlimit64, SYS_getrlimit, SYS_setrlimit,
    SYS_getrusage, SYS_getpriority, SYS_setpriority, SYS_ioprio_get, SYS_ioprio_set,
    SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_setaffinity, SYS_sched_getparam,
    SYS_sched_setparam, SYS_sched_getscheduler, SYS_sched_setscheduler, SYS_sched_getattr,
    SYS_sched_setattr, SYS_sched_get_priority_max, SYS_sched_get_priority_min,
    SYS_sched_rr_get_interval, SYS_getcpu, SYS_ptrace, SYS_process_vm_readv, SYS_kcmp,
    SYS_process_mrelease, SYS_seccomp, SYS_landlock_create_ruleset, SYS_landlock_add_rule,
    SYS_landlock_restrict_self,
    // sockets and System V
    SYS_socketpair, SYS_bind, SYS_connect, SYS_listen, SYS_accept, SYS_accept4, SYS_getsockname,
    SYS_getpeername, SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg, SYS_recvmmsg,
    SYS_shutdown, SYS_setsockopt, SYS_getsockopt, SYS_shmget, SYS_shmat, SYS_shmdt, SYS_shmctl,
    SYS_semget, SYS_semop, SYS_semtimedop, SYS_semctl, SYS_msgget, SYS_msgsnd, SYS_msgrcv,
    SYS_msgctl, SYS_mq_open, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive, SYS_mq_notify,
    SYS_mq_getsetattr,
    // the node itself
    SYS_uname, SYS_sysinfo, SYS_getrandom, SYS_sethostname, SYS_setdomainname, SYS_setns, SYS_mount,
    SYS_umount2,
#if defined __x86_64__
    // older names of the same
    SYS_open, SYS_creat, SYS_stat, SYS_lstat, SYS_access, SYS_poll, SYS_select, SYS_pipe, SYS_dup2,
    SYS_alarm, SYS_pause, SYS_rename, SYS_mkdir, SYS_rmdir, SYS_link, SYS_unlink, SYS_symlink,
    SYS_readlink, SYS_chmod, SYS_chown, SYS_lchown, SYS_mknod, SYS_utime, SYS_utimes, SYS_futimesat,
    SYS_getdents, SYS_getpgrp, SYS_fork, SYS_vfork, SYS_time, SYS_epoll_create, SYS_epoll_wait,
    SYS_eventfd, SYS_signalfd, SYS_inotify_init, SYS_arch_prctl, SYS_set_thread_area,
    SYS_get_thread_area,
#endif
};
// clang-format on

constexpr int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};

// Of a call whose first argument are CLONE_* flags.
Program no_user_namespace() {
    return Program().load_argument(0).when_bits(CLONE_NEWUSER, Program().refuse(EPERM)).allow();
}

}  // namespace

Program strict_part() {
    Program p;
    p.when(SYS_clone, no_user_namespace()).when(SYS_unshare, no_user_namespace());
    // Its flags are in memory, where no filter can look. The C library then takes clone.
    p.when(SYS_clone3, Program().refuse(ENOSYS));
    Program family;
    family.load_argument(0);
    for (const int f : families) family.when(static_cast<std::uint32_t>(f), Program().allow());
    p.when(SYS_socket, family.refuse(EAFNOSUPPORT));
    // Neither types into a terminal what its owner did not (CVE-2017-5226); 32 bits, as the kernel
    // reads it (CVE-2019-10063).
    Program request;
    request.load_argument(1);
    for (const int r : {TIOCSTI, TIOCLINUX})
        request.when(static_cast<std::uint32_t>(r), Program().refuse(EPERM));
    p.when(SYS_ioctl, request.allow());

    std::vector<int> numbers(std::begin(allowed), std::end(allowed));
    std::sort(numbers.begin(), numbers.end());
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] <= numbers[last] + 1) ++last;
        p.from(static_cast<std::uint32_t>(numbers[i]),
               Program().up_to(static_cast<std::uint32_t>(numbers[last]), Program().allow()));
        i = last + 1;
    }
    return p.refuse(ENOSYS);
}

}  // namespace labd::spawner
