#include "netlink/follower.hpp"

#include "netlink/netns.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace netlink {
namespace {

constexpr std::size_t largest_datagram = 32 * 1024;  // the kernel's own for events
constexpr std::size_t at_once = 16;
constexpr int receive_buffer = 4 * 1024 * 1024;

constexpr std::array groups{
    RTNLGRP_LINK,         RTNLGRP_TC,           RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
    RTNLGRP_IPV4_ROUTE,   RTNLGRP_IPV6_ROUTE,   RTNLGRP_IPV4_RULE,   RTNLGRP_IPV6_RULE,
    RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF,
};

// The namespace that an event is from; nothing when it is the socket's own.
std::optional<std::int32_t> nsid_of(msghdr& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_NETLINK || c->cmsg_type != NETLINK_LISTEN_ALL_NSID) continue;
        std::int32_t nsid = 0;
        std::memcpy(&nsid, CMSG_DATA(c), sizeof nsid);
        return nsid;
    }
    return std::nullopt;
}

}  // namespace

bool matters(const Frame& frame, std::uint8_t route_protocol) {
    switch (frame.type) {
        case RTM_NEWLINK:
        case RTM_DELLINK:
        case RTM_NEWADDR:
        case RTM_DELADDR:
        case RTM_NEWQDISC:
        case RTM_DELQDISC:
        case RTM_NEWRULE:
        case RTM_DELRULE:
        case RTM_NEWNETCONF:
            return true;
        case RTM_NEWROUTE:
        case RTM_DELROUTE: {
            // What a route replaced or was joined to is not told: it may be one of these.
            if (frame.type == RTM_NEWROUTE && (frame.flags & (NLM_F_REPLACE | NLM_F_APPEND)) != 0)
                return true;
            const auto route = frame.header<rtmsg>();
            return route &&
                   (route->rtm_protocol == route_protocol || route->rtm_protocol == RTPROT_KERNEL);
        }
        default:
            return false;
    }
}

Follower::Follower(int netns, std::uint8_t route_protocol)
    : route_protocol_(route_protocol), buffers_(at_once * largest_datagram) {
    const Entered inside(netns);
    fd_ = Fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    if (!fd_) throw_errno("open", "a netlink socket");
    // More than net.core.rmem_max where we may; a smaller one only loses sooner.
    if (setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) !=
        0)
        (void)setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_nl any{};
    any.nl_family = AF_NETLINK;
    const int on = 1;
    bool fine = bind(fd_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0 &&
                setsockopt(fd_.get(), SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof on) == 0;
    for (const int group : groups)
        fine = fine && setsockopt(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
                                  sizeof group) == 0;
    if (!fine) throw_errno("listen to", "the kernel's events");
}

void Follower::take(Bytes datagram, msghdr& header, Heard& heard) const {
    const auto nsid = nsid_of(header);
    if (!nsid) return;
    while (const auto frame = next_frame(datagram))
        if (matters(*frame, route_protocol_)) heard.nsids.insert(*nsid);
}

Follower::Heard Follower::read() {
    struct Control {
        alignas(cmsghdr) std::array<std::byte, 128> bytes;
    };
    std::array<Control, at_once> controls;
    std::array<iovec, at_once> parts;
    std::array<mmsghdr, at_once> messages;
    Heard out;
    for (;;) {
        for (std::size_t i = 0; i < at_once; ++i) {
            parts[i] = {buffers_.data() + i * largest_datagram, largest_datagram};
            messages[i] = {};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            messages[i].msg_hdr.msg_control = controls[i].bytes.data();
            messages[i].msg_hdr.msg_controllen = sizeof controls[i].bytes;
        }
        const int n = recvmmsg(fd_.get(), messages.data(), at_once, 0, nullptr);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == ENOBUFS) {
            out.lost = true;
            continue;
        }
        if (n < 0) return out;
        for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i)
            take(Bytes(buffers_).subspan(i * largest_datagram, messages[i].msg_len),
                 messages[i].msg_hdr, out);
    }
}

}  // namespace netlink
