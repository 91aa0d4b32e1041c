#include "labd/host_watcher.hpp"

#include "labd/log.hpp"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace labd {

namespace asio = boost::asio;

HostWatcher::HostWatcher(asio::io_context& loop, std::function<void()> on_heard)
    : on_heard_(std::move(on_heard)) {
    listen(loop, NETLINK_ROUTE,
           {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_NETCONF,
            RTNLGRP_IPV6_NETCONF});
    listen(loop, NETLINK_NETFILTER, {NFNLGRP_NFTABLES});
}

HostWatcher::~HostWatcher() {
    for (const auto& ear : ears_) (void)ear->descriptor.release();
}

void HostWatcher::listen(asio::io_context& loop, int protocol, const std::vector<int>& groups) {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    sockaddr_nl any{};
    any.nl_family = AF_NETLINK;
    bool fine =
        socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
    for (const int group : groups)
        fine = fine && ::setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
                                    sizeof group) == 0;
    if (!fine) {
        log::warning(std::string("what changes in the host's network is not heard: ") +
                     std::strerror(errno));
        return;
    }
    ears_.push_back(std::make_unique<Ear>(loop, std::move(socket)));
    wait(*ears_.back());
}

void HostWatcher::wait(Ear& ear) {
    ear.descriptor.async_wait(
        asio::posix::stream_descriptor::wait_read, [this, &ear](const auto& error) {
            if (error) return;  // released
            // Whatever was said, and also that more was said than could be held.
            std::array<char, 8192> said{};
            while (::recv(ear.socket.get(), said.data(), said.size(), 0) > 0 || errno == EINTR ||
                   errno == ENOBUFS)
                continue;
            on_heard_();
            wait(ear);
        });
}

}  // namespace labd
