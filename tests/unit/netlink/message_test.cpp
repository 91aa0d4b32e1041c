// Requests byte for byte: what the kernel reads is what is laid out by hand here.
#include "netlink/message.hpp"

#include "netlink/address.hpp"
#include "netlink/attributes.hpp"
#include "netlink/bridge.hpp"
#include "netlink/route.hpp"
#include "netlink/veth.hpp"
#include "tests/unit/netlink/bytes.hpp"

#include <linux/if.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

namespace {

using test::attribute;
using test::Bytes;
using test::hex;
using test::text_attribute;

constexpr std::uint16_t nested = NLA_F_NESTED;

// A request as it leaves before it gets its number.
Bytes request(std::uint16_t type, std::uint16_t flags, const Bytes& body) {
    nlmsghdr head{};
    head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + body.size());
    head.nlmsg_type = type;
    head.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    return Bytes().add(head).add(body);
}

netlink::Ip ip4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    netlink::Ip out;
    out.bytes = {std::byte{a}, std::byte{b}, std::byte{c}, std::byte{d}};
    return out;
}
netlink::Ip ip6(std::uint8_t first, std::uint8_t last) {
    netlink::Ip out;
    out.family = AF_INET6;
    out.bytes[0] = std::byte{first};
    out.bytes[15] = std::byte{last};
    return out;
}

TEST(netlink_message, veth_is_born_at_both_ends_in_one) {
    netlink::NewLink a, b;
    a.netns = 5;
    a.name = "eth0";
    a.index = 100;
    a.mac = {std::byte{2}, {}, {}, {}, {}, std::byte{1}};
    a.mtu = 9000;
    a.group = 42;
    b = a;
    b.netns = 6;
    b.name = "right";
    b.index = 101;
    b.mac[5] = std::byte{2};

    ifinfomsg outer{}, inner{};
    outer.ifi_index = 100;
    outer.ifi_flags = outer.ifi_change = IFF_UP;
    inner.ifi_index = 101;  // not up: a peer born up is refused with ENOTCONN
    const auto end = [](const netlink::NewLink& link) {
        return Bytes()
            .add(text_attribute(IFLA_IFNAME, std::string(link.name)))
            .add(attribute(IFLA_NET_NS_FD, std::uint32_t(link.netns)))
            .add(attribute(IFLA_ADDRESS, link.mac))
            .add(attribute(IFLA_MTU, link.mtu))
            .add(attribute(IFLA_GROUP, link.group));
    };
    const Bytes peer = attribute(VETH_INFO_PEER | nested, Bytes().add(inner).add(end(b)));
    const Bytes info = Bytes()
                           .add(text_attribute(IFLA_INFO_KIND, "veth"))
                           .add(attribute(IFLA_INFO_DATA | nested, peer));
    const Bytes body = Bytes().add(outer).add(end(a)).add(attribute(IFLA_LINKINFO | nested, info));
    EXPECT_EQ(hex(netlink::create_veth(a, true, b).bytes()),
              hex(request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, body).view()));
}

TEST(netlink_message, ipv4_address_has_its_broadcast_and_its_owner) {
    netlink::Address address;
    address.index = 100;
    address.ip = ip4(10, 0, 5, 9);
    address.length = 20;
    address.protocol = 108;
    ifaddrmsg head{};
    head.ifa_family = AF_INET;
    head.ifa_prefixlen = 20;
    head.ifa_index = 100;
    const Bytes bytes = Bytes().add(std::array<std::uint8_t, 4>{10, 0, 5, 9});
    const Bytes body =
        Bytes()
            .add(head)
            .add(attribute(IFA_LOCAL, bytes))
            .add(attribute(IFA_ADDRESS, bytes))
            .add(attribute(IFA_PROTO, std::uint8_t{108}))
            .add(attribute(IFA_BROADCAST, std::array<std::uint8_t, 4>{10, 0, 15, 255}));
    EXPECT_EQ(hex(netlink::add_address(address).bytes()),
              hex(request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body).view()));
}

TEST(netlink_message, no_broadcast_where_there_is_none) {
    netlink::Address address;
    address.ip = ip4(10, 0, 0, 0);
    for (const std::uint8_t length : {std::uint8_t{31}, std::uint8_t{32}}) {
        address.length = length;
        const netlink::Message message = netlink::add_address(address);
        EXPECT_EQ(message.bytes().size(), sizeof(nlmsghdr) + sizeof(ifaddrmsg) + 2 * 8);
    }
}

TEST(netlink_message, ipv6_address_skips_duplicate_detection) {
    netlink::Address address;
    address.ip = ip6(0xfd, 1);
    address.length = 64;
    const netlink::Message message = netlink::add_address(address);
    ifaddrmsg head{};
    std::memcpy(&head, message.bytes().subspan(sizeof(nlmsghdr)).data(), sizeof head);
    EXPECT_EQ(head.ifa_flags, IFA_F_NODAD);
    EXPECT_EQ(head.ifa_family, AF_INET6);
}

TEST(netlink_message, route_over_an_ipv6_neighbour) {
    netlink::Route route;
    route.destination = ip4(10, 9, 0, 0);
    route.length = 16;
    route.protocol = 108;
    route.hops = {{ip6(0xfe, 7), 100, false}};
    rtmsg head{};
    head.rtm_family = AF_INET;
    head.rtm_dst_len = 16;
    head.rtm_table = RT_TABLE_MAIN;
    head.rtm_protocol = 108;
    head.rtm_type = RTN_UNICAST;
    const Bytes via = Bytes().add(std::uint16_t{AF_INET6}).add(ip6(0xfe, 7).bytes);
    const Bytes body = Bytes()
                           .add(head)
                           .add(attribute(RTA_DST, std::array<std::uint8_t, 4>{10, 9, 0, 0}))
                           .add(attribute(RTA_VIA, via))
                           .add(attribute(RTA_OIF, std::uint32_t{100}));
    EXPECT_EQ(hex(netlink::add_route(route).bytes()),
              hex(request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body).view()));
}

TEST(netlink_message, equal_cost_routes_nest_their_hops) {
    netlink::Route route;
    route.destination = ip4(0, 0, 0, 0);
    route.table = 1001;
    route.metric = 20;
    route.hops = {{ip4(10, 0, 0, 1), 100, false}, {ip4(10, 0, 1, 1), 101, true}};
    rtmsg head{};
    head.rtm_family = AF_INET;
    head.rtm_type = RTN_UNICAST;  // the table is too big a number for the header
    const auto hop = [](int index, std::uint8_t flags, std::array<std::uint8_t, 4> via) {
        rtnexthop next{};
        next.rtnh_len = sizeof next + 8;
        next.rtnh_ifindex = index;
        next.rtnh_flags = flags;
        return Bytes().add(next).add(attribute(RTA_GATEWAY, via));
    };
    const Bytes hops =
        Bytes().add(hop(100, 0, {10, 0, 0, 1})).add(hop(101, RTNH_F_ONLINK, {10, 0, 1, 1}));
    const Bytes body = Bytes()
                           .add(head)
                           .add(attribute(RTA_TABLE, std::uint32_t{1001}))
                           .add(attribute(RTA_PRIORITY, std::uint32_t{20}))
                           .add(attribute(RTA_MULTIPATH | nested, hops));
    EXPECT_EQ(hex(netlink::add_route(route).bytes()),
              hex(request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body).view()));
}

TEST(netlink_message, a_blackhole_has_no_hops) {
    netlink::Route route;
    route.destination = ip6(0xfd, 0);
    route.length = 8;
    const netlink::Message message = netlink::add_route(route);
    rtmsg head{};
    std::memcpy(&head, message.bytes().subspan(sizeof(nlmsghdr)).data(), sizeof head);
    EXPECT_EQ(head.rtm_type, RTN_BLACKHOLE);
}

TEST(netlink_message, silence_is_a_mode_of_the_ipv6_part) {
    netlink::LinkChange change;
    change.link_local = false;
    ifinfomsg head{};
    head.ifi_index = 100;
    const Bytes mode = attribute(IFLA_INET6_ADDR_GEN_MODE, std::uint8_t{1});
    const Bytes inet6 = attribute(AF_INET6 | nested, mode);
    const Bytes body = Bytes().add(head).add(attribute(IFLA_AF_SPEC | nested, inet6));
    EXPECT_EQ(hex(netlink::change_link(100, change).bytes()),
              hex(request(RTM_NEWLINK, 0, body).view()));
}

TEST(netlink_message, grows_past_its_first_room) {
    netlink::Route route;
    route.destination = ip4(10, 0, 0, 0);
    for (std::uint32_t i = 0; i < 300; ++i) route.hops.push_back({ip4(10, 0, 0, 1), i + 1, false});
    const netlink::Message message = netlink::add_route(route);
    netlink::Bytes rest = message.bytes();
    EXPECT_GT(rest.size(), 300U * 16U);
    nlmsghdr head{};
    std::memcpy(&head, rest.data(), sizeof head);
    EXPECT_EQ(head.nlmsg_len, rest.size());
}

}  // namespace
