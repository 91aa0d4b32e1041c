// See watch.hpp.
#include "labd/check/watch.hpp"

#include "netlink/events.hpp"
#include "netlink/frame.hpp"
#include "netlink/netns.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace labd::check {

namespace asio = boost::asio;

namespace {

constexpr std::array<int, 6> groups{RTNLGRP_LINK,       RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
                                    RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,  RTNLGRP_NEIGH};

// Which namespace a message is about: -1 when the kernel does not say, as for the hub's own.
std::int32_t number_of(msghdr& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c))
        if (c->cmsg_level == SOL_NETLINK && c->cmsg_type == NETLINK_LISTEN_ALL_NSID) {
            std::int32_t number = -1;
            std::memcpy(&number, CMSG_DATA(c), sizeof number);
            return number;
        }
    return -1;
}

}  // namespace

asio::awaitable<void> Watch::open(Worker& thread, std::shared_ptr<Lab> lab) {
    std::vector<std::string> names;
    for (const auto& [space, live] : lab->spaces) names.push_back(space);
    netlink::Fd socket;
    Worker::Job job = [&] {
        hub_ = netlink::create_netns();
        netlink::Socket to = netlink::socket_in(hub_.get());
        std::int32_t next = 0;
        for (const std::string& name : names)
            spaces_[netlink::assign_nsid(to, lab->kernel->netns(name), next++)] = name;
        socket = netlink::open_events(hub_.get(), groups);
    };
    co_await thread.run(lab->name, std::move(job));
    last_route_ = Clock::now();
    socket_ = std::make_unique<asio::posix::stream_descriptor>(loop_, socket.release());
    await();
}

void Watch::close() {
    *alive_ = false;
    socket_.reset();
}

std::uint64_t Watch::changes(const std::vector<std::string>& nodes, bool neighbors) const {
    std::uint64_t sum = lost_;
    const auto add = [&](const Count& count) {
        sum += count.network + (neighbors ? count.neighbors : 0);
    };
    if (nodes.empty())
        for (const auto& [name, count] : counts_) add(count);
    for (const std::string& node : nodes)
        if (const auto at = counts_.find(node); at != counts_.end()) add(at->second);
    return sum;
}

std::map<std::string, std::uint64_t> Watch::route_changes() const {
    std::map<std::string, std::uint64_t> out;
    for (const auto& [node, count] : counts_) out[node] = count.routes;
    return out;
}

void Watch::await() {
    socket_->async_wait(asio::posix::stream_descriptor::wait_read,
                        [this, alive = alive_](const boost::system::error_code& error) {
                            if (error || !*alive) return;
                            // A storm of events leaves the others their turn.
                            for (int i = 0; i < 256 && receive(); ++i) continue;
                            changed.notify();
                            await();
                        });
}

bool Watch::receive() {
    alignas(nlmsghdr) std::array<std::byte, 16384> data;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec part{data.data(), data.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t n = ::recvmsg(socket_->native_handle(), &message, MSG_DONTWAIT);
    if (n < 0 && errno == ENOBUFS) {
        // Some were lost: whatever is waited for may have happened.
        ++lost_;
        last_route_ = Clock::now();
        return true;
    }
    if (n < 0) return errno == EINTR;
    const auto space = spaces_.find(number_of(message));
    if (space == spaces_.end()) return true;
    netlink::Bytes rest = netlink::Bytes(data).first(static_cast<std::size_t>(n));
    while (const auto frame = netlink::next_frame(rest)) note(frame->type, counts_[space->second]);
    return true;
}

void Watch::note(std::uint16_t type, Count& count) {
    switch (type) {
        case RTM_NEWNEIGH:
        case RTM_DELNEIGH:
            ++count.neighbors;
            return;
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
            last_route_ = Clock::now();
            ++count.routes;
            break;
        default:
            break;
    }
    ++count.network;
}

}  // namespace labd::check
