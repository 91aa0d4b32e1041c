// Addresses held against groups joined.
#include "netlink/solicited.hpp"

#include "netlink/attributes.hpp"
#include "netlink/events.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace netlink {
namespace {

// Interface and the last three bytes of ff02::1:ffXX:XXXX.
using Group = std::pair<std::uint32_t, std::array<std::byte, 3>>;

Group group_of(std::uint32_t index, const Ip& ip) {
    return {index, {ip.bytes[13], ip.bytes[14], ip.bytes[15]}};
}

std::set<Group> joined(Socket& socket) {
    constexpr std::array<std::byte, 13> prefix{
        std::byte{0xff}, std::byte{2},   {}, {}, {}, {}, {}, {}, {}, {}, {},
        std::byte{1},    std::byte{0xff}};
    ifaddrmsg header{};
    header.ifa_family = AF_INET6;
    Message request(RTM_GETMULTICAST, 0, header);
    std::set<Group> out;
    socket.dump(
        request, {"list", "multicast groups"}, [&] { out.clear(); },
        [&](const Frame& frame) {
            const auto head = frame.header<ifaddrmsg>();
            if (!head) return;
            for_attributes(frame.attributes<ifaddrmsg>(), [&](const Attribute& a) {
                if (a.number != IFA_MULTICAST) return;
                const auto group = ip_from(AF_INET6, a.payload);
                if (group && std::equal(prefix.begin(), prefix.end(), group->bytes.begin()))
                    out.insert(group_of(head->ifa_index, *group));
            });
        });
    return out;
}

}  // namespace

bool findable(Socket& socket, const std::set<std::uint32_t>& indexes) {
    const std::set<Group> groups = joined(socket);
    const std::vector<Address> held = addresses(socket);
    return std::all_of(held.begin(), held.end(), [&](const Address& address) {
        return address.ip.family != AF_INET6 || !indexes.contains(address.index) ||
               groups.contains(group_of(address.index, address.ip));
    });
}

bool wait_findable(int netns, Socket& socket, const std::set<std::uint32_t>& indexes,
                   std::chrono::milliseconds limit) {
    const auto deadline = Events::Clock::now() + limit;
    // The worker tells of an address when it is done with it. Listened to before the look, so that
    // nothing falls between.
    Events events(netns, RTNLGRP_IPV6_IFADDR);
    for (;;) {
        if (findable(socket, indexes)) return true;
        if (!events.wait_until(deadline)) return false;
    }
}

}  // namespace netlink
