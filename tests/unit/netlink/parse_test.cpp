// What the kernel lists, laid out by hand: whole, cut short, and lying about its lengths.
#include "netlink/address.hpp"
#include "netlink/attributes.hpp"
#include "netlink/carrier.hpp"
#include "netlink/link.hpp"
#include "netlink/route.hpp"
#include "tests/unit/netlink/bytes.hpp"

#include <linux/if.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

namespace {

using test::attribute;
using test::Bytes;
using test::parsed;
using test::text_attribute;

Bytes link_frame() {
    ifinfomsg head{};
    head.ifi_index = 100;
    head.ifi_flags = IFF_UP | IFF_RUNNING;
    const Bytes mode = attribute(IFLA_INET6_ADDR_GEN_MODE, std::uint8_t{0});
    const Bytes families = attribute(AF_INET6, mode);
    const Bytes info = text_attribute(IFLA_INFO_KIND, "veth");
    return test::frame(
        RTM_NEWLINK, 0,
        Bytes()
            .add(head)
            .add(text_attribute(IFLA_IFNAME, "eth0"))
            .add(attribute(IFLA_MTU, std::uint32_t{1500}))
            .add(attribute(IFLA_GROUP, std::uint32_t{9}))
            .add(attribute(IFLA_OPERSTATE, std::uint8_t{6}))
            .add(attribute(IFLA_CARRIER, std::uint8_t{1}))
            .add(attribute(IFLA_ADDRESS, std::array<std::uint8_t, 6>{2, 0, 0, 0, 0, 1}))
            .add(attribute(IFLA_LINK, std::uint32_t{101}))
            .add(attribute(IFLA_LINK_NETNSID, std::int32_t{3}))
            .add(attribute(IFLA_LINKINFO, info))
            .add(attribute(IFLA_AF_SPEC, families)));
}

TEST(netlink_parse, a_veth_with_its_peer) {
    const auto link = parsed(link_frame(), netlink::parse_link);
    ASSERT_TRUE(link);
    EXPECT_EQ(link->index, 100U);
    EXPECT_EQ(link->name, "eth0");
    EXPECT_EQ(link->kind, "veth");
    EXPECT_EQ(link->mtu, 1500U);
    EXPECT_EQ(link->group, 9U);
    EXPECT_EQ(link->mac[5], std::byte{1});
    EXPECT_TRUE(link->up());
    EXPECT_TRUE(link->carrier);
    EXPECT_EQ(link->peer_index, 101U);
    EXPECT_EQ(link->peer_nsid, 3);
    EXPECT_TRUE(link->ipv6);
    EXPECT_TRUE(link->link_local);
    EXPECT_TRUE(netlink::settled(*link));
}

TEST(netlink_parse, a_link_cut_short_keeps_what_was_whole) {
    const Bytes whole = link_frame();
    for (std::size_t size = sizeof(nlmsghdr); size < whole.size(); ++size) {
        Bytes payload;
        for (const std::byte b : whole.view().subspan(sizeof(nlmsghdr), size - sizeof(nlmsghdr)))
            payload.add(b);
        const auto link = parsed(test::frame(RTM_NEWLINK, 0, payload), netlink::parse_link);
        ASSERT_EQ(link.has_value(), payload.size() >= sizeof(ifinfomsg)) << size;
        if (link) {
            EXPECT_TRUE(link->name.empty() || link->name == "eth0");
        }
    }
}

TEST(netlink_parse, a_bridge_with_its_settings) {
    const Bytes data = Bytes()
                           .add(attribute(IFLA_BR_STP_STATE, std::uint32_t{1}))
                           .add(attribute(IFLA_BR_PRIORITY, std::uint16_t{4096}))
                           .add(attribute(IFLA_BR_AGEING_TIME, std::uint32_t{0}))
                           .add(attribute(IFLA_BR_MCAST_SNOOPING, std::uint8_t{0}));
    const Bytes info =
        Bytes().add(text_attribute(IFLA_INFO_KIND, "bridge")).add(attribute(IFLA_INFO_DATA, data));
    const auto link = parsed(
        test::frame(RTM_NEWLINK, 0, Bytes().add(ifinfomsg{}).add(attribute(IFLA_LINKINFO, info))),
        netlink::parse_link);
    ASSERT_TRUE(link && link->bridge);
    EXPECT_TRUE(link->bridge->stp);
    EXPECT_EQ(link->bridge->priority, 4096);
    EXPECT_EQ(link->bridge->ageing, 0U);
    EXPECT_FALSE(link->bridge->multicast_snooping);
    EXPECT_FALSE(link->ipv6);
}

TEST(netlink_parse, an_interface_with_carrier_but_no_queue_is_not_settled) {
    netlink::Link link;
    link.flags = IFF_UP;
    link.carrier = true;
    link.operstate = 2;  // down: the worker has not been there
    EXPECT_FALSE(netlink::settled(link));
    link.carrier = false;
    EXPECT_TRUE(netlink::settled(link));
}

TEST(netlink_parse, an_ipv4_address_is_the_local_one_of_two) {
    ifaddrmsg head{};
    head.ifa_family = AF_INET;
    head.ifa_prefixlen = 32;
    head.ifa_index = 5;
    const auto address = parsed(
        test::frame(RTM_NEWADDR, 0,
                    Bytes()
                        .add(head)
                        .add(attribute(IFA_ADDRESS, std::array<std::uint8_t, 4>{10, 0, 0, 2}))
                        .add(attribute(IFA_LOCAL, std::array<std::uint8_t, 4>{10, 0, 0, 1}))
                        .add(attribute(IFA_FLAGS, std::uint32_t{0x80}))
                        .add(attribute(IFA_PROTO, std::uint8_t{108}))),
        netlink::parse_address);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->ip.bytes[3], std::byte{1});
    EXPECT_EQ(address->length, 32);
    EXPECT_EQ(address->index, 5U);
    EXPECT_EQ(address->flags, 0x80U);
    EXPECT_EQ(address->protocol, 108);
}

TEST(netlink_parse, an_address_of_the_wrong_length_is_none) {
    ifaddrmsg head{};
    head.ifa_family = AF_INET6;
    EXPECT_FALSE(parsed(
        test::frame(RTM_NEWADDR, 0,
                    Bytes().add(head).add(attribute(IFA_ADDRESS, std::array<std::uint8_t, 4>{}))),
        netlink::parse_address));
    EXPECT_FALSE(parsed(test::frame(RTM_NEWADDR, 0, Bytes().add(head)), netlink::parse_address));
    EXPECT_FALSE(
        parsed(test::frame(RTM_NEWADDR, 0, Bytes().add(std::uint8_t{2})), netlink::parse_address));
}

Bytes route_frame(const Bytes& attributes, std::uint8_t type = RTN_UNICAST) {
    rtmsg head{};
    head.rtm_family = AF_INET;
    head.rtm_dst_len = 16;
    head.rtm_table = RT_TABLE_MAIN;
    head.rtm_protocol = 108;
    head.rtm_type = type;
    const std::array<std::uint8_t, 4> to{10, 9, 0, 0};
    return test::frame(RTM_NEWROUTE, 0,
                       Bytes().add(head).add(attribute(RTA_DST, to)).add(attributes));
}

TEST(netlink_parse, a_route_over_an_ipv6_neighbour) {
    std::array<std::uint8_t, 16> hop{0xfe, 0x80};
    const Bytes via = Bytes().add(std::uint16_t{AF_INET6}).add(hop);
    const auto route = parsed(
        route_frame(
            Bytes().add(attribute(RTA_VIA, via)).add(attribute(RTA_OIF, std::uint32_t{100}))),
        netlink::parse_route);
    ASSERT_TRUE(route);
    ASSERT_EQ(route->hops.size(), 1U);
    EXPECT_EQ(route->hops[0].index, 100U);
    ASSERT_TRUE(route->hops[0].via);
    EXPECT_EQ(route->hops[0].via->family, AF_INET6);
    EXPECT_EQ(route->protocol, 108);
}

TEST(netlink_parse, equal_cost_hops) {
    Bytes hops;
    for (std::uint8_t i = 1; i <= 2; ++i) {
        rtnexthop next{};
        next.rtnh_len = sizeof next + 8;
        next.rtnh_ifindex = 100 + i;
        next.rtnh_flags = RTNH_F_ONLINK;
        hops.add(next).add(attribute(RTA_GATEWAY, std::array<std::uint8_t, 4>{10, 0, 0, i}));
    }
    const auto route = parsed(route_frame(attribute(RTA_MULTIPATH, hops)), netlink::parse_route);
    ASSERT_TRUE(route);
    ASSERT_EQ(route->hops.size(), 2U);
    EXPECT_EQ(route->hops[1].index, 102U);
    EXPECT_TRUE(route->hops[1].onlink);
}

// Each of these took libnl down before it was looked at first.
TEST(netlink_parse, malformed_routes_are_none) {
    EXPECT_FALSE(parsed(route_frame(attribute(RTA_VIA, Bytes())), netlink::parse_route));
    EXPECT_FALSE(
        parsed(route_frame(attribute(RTA_VIA, std::uint16_t{AF_INET6})), netlink::parse_route));
    for (const unsigned length : {0U, 4U, 7U, 10U, 12U}) {
        rtnexthop next{};
        next.rtnh_len = static_cast<unsigned short>(length);
        const Bytes hops = Bytes().add(next).add(std::uint16_t{0});
        EXPECT_FALSE(parsed(route_frame(attribute(RTA_MULTIPATH, hops)), netlink::parse_route))
            << length;
    }
}

TEST(netlink_parse, a_blackhole_has_no_hops_and_a_local_route_is_none) {
    const Bytes out = attribute(RTA_OIF, std::uint32_t{1});
    const auto blackhole = parsed(route_frame(out, RTN_BLACKHOLE), netlink::parse_route);
    ASSERT_TRUE(blackhole);
    EXPECT_TRUE(blackhole->hops.empty());
    EXPECT_FALSE(parsed(route_frame(out, RTN_LOCAL), netlink::parse_route));
}

TEST(netlink_parse, a_walk_ends_at_a_lie) {
    // An attribute that says it is longer than what is there, and one shorter than its own header.
    for (const std::uint16_t length : {std::uint16_t{9}, std::uint16_t{3}, std::uint16_t{0}}) {
        nlattr head{};
        head.nla_len = length;
        head.nla_type = 1;
        const Bytes bytes = Bytes().add(head).add(std::uint32_t{0});
        int seen = 0;
        netlink::for_attributes(bytes.view(), [&](const netlink::Attribute&) { ++seen; });
        EXPECT_EQ(seen, 0) << length;
    }
    nlmsghdr head{};
    head.nlmsg_len = 15;
    const Bytes short_frame = Bytes().add(head);
    netlink::Bytes rest = short_frame.view();
    EXPECT_FALSE(netlink::next_frame(rest));
}

TEST(netlink_parse, text_ends_at_its_zero_or_at_its_end) {
    const Bytes zero = Bytes().add(std::string_view("eth0\0junk", 9));
    const Bytes open = Bytes().add(std::string_view("eth0"));
    netlink::Attribute a;
    a.payload = zero.view();
    EXPECT_EQ(a.text(), "eth0");
    a.payload = open.view();
    EXPECT_EQ(a.text(), "eth0");
    a.payload = {};
    EXPECT_EQ(a.text(), "");
    EXPECT_FALSE(a.as<std::uint8_t>());
}

}  // namespace
