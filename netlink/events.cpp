// A socket that is only woken by.
#include "netlink/events.hpp"

#include "netlink/netns.hpp"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace netlink {

Fd open_events(int netns, std::span<const int> groups) {
    const Entered inside(netns);
    Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    if (!fd) throw_errno("open", "a netlink socket");
    // A socket without an address of its own has number 0, and hears nothing: that is also the
    // number of the kernel, and nobody is told of what he said himself.
    sockaddr_nl any{};
    any.nl_family = AF_NETLINK;
    const int on = 1;
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0 ||
        setsockopt(fd.get(), SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof on) != 0)
        throw_errno("listen to", "the kernel's events");
    for (const int group : groups)
        if (setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
            throw_errno("listen to", "the kernel's events");
    return fd;
}

Events::Events(int netns, int group) : fd_(open_events(netns, {&group, 1})) {}

bool Events::wait_until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd ready{fd_.get(), POLLIN, 0};
    const int got = poll(&ready, 1, static_cast<int>(left.count()));
    if (got == 0) return false;
    if (got < 0 && errno != EINTR) throw_errno("wait for", "the kernel's events");
    // Emptied, so that the next wait is for what comes after the caller's next look. ENOBUFS: some
    // were lost.
    std::array<std::byte, 8192> ignored;
    while (recv(fd_.get(), ignored.data(), ignored.size(), 0) >= 0 || errno == ENOBUFS) {
    }
    return true;
}

}  // namespace netlink
