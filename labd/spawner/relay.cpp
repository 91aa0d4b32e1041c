#include "labd/spawner/relay.hpp"

#include "labd/init/failure.hpp"
#include "labd/init/live.hpp"
#include "labd/relay/serve.hpp"
#include "labd/spawner/capabilities.hpp"
#include "labd/spawner/seccomp.hpp"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

namespace labd::spawner {
namespace {

// In the namespace where we are.
Fd follow_interfaces() {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    must(bool(socket), "open a socket for the relay's interfaces");
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK;
    must(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
         "follow the relay's interfaces");
    return socket;
}

// Nothing but the door, its interfaces, and what goes to nobody.
void keep_descriptors(int door, int interfaces) {
    const Fd door_above(fcntl(door, F_DUPFD, 10)), above(fcntl(interfaces, F_DUPFD, 10));
    const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int standard : {0, 1, 2})
        if (!null || dup2(null.get(), standard) != standard) (void)close(standard);
    must(dup2(door_above.get(), relay::door_fd) >= 0 &&
             dup2(above.get(), relay::interfaces_fd) >= 0 &&
             close_range(relay::interfaces_fd + 1, ~0u, 0) == 0,
         "close the spawner's descriptors");
}

[[noreturn]] void live(int door, int interfaces) {
    try {
        // Whoever ends the spawner with a signal of the terminal is not to end the links.
        (void)setsid();
        keep_descriptors(door, interfaces);
        init::show_as("lab-relay", "lab-relay");
        must(prctl(PR_SET_DUMPABLE, 0) == 0, "hide the relay's memory");
        keep_relay_capabilities();
        install_relay_seccomp();
    } catch (const Failure&) {
        _exit(1);
    }
    _exit(relay::serve());
}

}  // namespace

Relayed start_relay(int proc, const Fd& netns, const Fd& door, const Fd& group) {
    const Fd home(openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC));
    must(bool(home), "open the spawner's network namespace");
    must(setns(netns.get(), CLONE_NEWNET) == 0, "enter the relay's network namespace");
    Relayed out;
    int pidfd = -1;
    int error = 0;
    try {
        const Fd interfaces = follow_interfaces();
        clone_args arguments{};
        arguments.flags = CLONE_PIDFD | (group ? std::uint64_t{CLONE_INTO_CGROUP} : 0);
        arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
        arguments.exit_signal = SIGCHLD;
        if (group) arguments.cgroup = static_cast<unsigned>(group.get());
        const long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
        if (pid == 0) live(door.get(), interfaces.get());
        error = errno;
        out.pid = static_cast<pid_t>(pid);
    } catch (const Failure&) {
        (void)setns(home.get(), CLONE_NEWNET);
        throw;
    }
    must(setns(home.get(), CLONE_NEWNET) == 0, "come back from a network namespace");
    if (out.pid < 0) throw Failure{error, "start the relay"};
    out.pidfd.reset(pidfd);
    return out;
}

}  // namespace labd::spawner
