// What a namespace is born with, and whether it forwards: listings laid out by hand.
#include "netlink/rule.hpp"

#include "netlink/follower.hpp"
#include "netlink/forwarding.hpp"
#include "tests/unit/netlink/bytes.hpp"

#include <linux/fib_rules.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

namespace {

using test::attribute;
using test::Bytes;
using test::parsed;

Bytes rule(fib_rule_hdr head, const Bytes& more = {}) {
    Bytes payload;
    payload.add(head)
        .add(attribute(FRA_TABLE, std::uint32_t{RT_TABLE_MAIN}))
        .add(attribute(FRA_PRIORITY, std::uint32_t{32766}))
        .add(attribute(FRA_SUPPRESS_PREFIXLEN, std::uint32_t{0xffffffff}))
        .add(attribute(FRA_PROTOCOL, std::uint8_t{RTPROT_KERNEL}));
    payload.add(more);
    return test::frame(RTM_NEWRULE, 0, payload);
}

fib_rule_hdr to_table() {
    fib_rule_hdr head{};
    head.family = AF_INET;
    head.action = FR_ACT_TO_TBL;
    head.table = RT_TABLE_MAIN;
    return head;
}

TEST(netlink_rule, one_that_looks_at_a_table_whatever_the_packet_is) {
    const auto read = parsed(rule(to_table()), netlink::parse_plain_rule);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, netlink::born_rules()[1]);
}

TEST(netlink_rule, one_that_asks_for_something_is_none) {
    fib_rule_hdr from = to_table();
    from.src_len = 8;
    EXPECT_FALSE(parsed(rule(from), netlink::parse_plain_rule));
    fib_rule_hdr refuses = to_table();
    refuses.action = FR_ACT_UNREACHABLE;
    EXPECT_FALSE(parsed(rule(refuses), netlink::parse_plain_rule));
    fib_rule_hdr inverted = to_table();
    inverted.flags = FIB_RULE_INVERT;
    EXPECT_FALSE(parsed(rule(inverted), netlink::parse_plain_rule));
    const Bytes mark = attribute(FRA_FWMARK, std::uint32_t{7});
    EXPECT_FALSE(parsed(rule(to_table(), mark), netlink::parse_plain_rule));
    const Bytes suppresses = attribute(FRA_SUPPRESS_PREFIXLEN, std::uint32_t{0});
    EXPECT_FALSE(parsed(rule(to_table(), suppresses), netlink::parse_plain_rule));
}

Bytes forwards(std::int32_t index, std::int32_t on) {
    Bytes payload;
    payload.add(netconfmsg{AF_INET6})
        .pad()
        .add(attribute(NETCONFA_IFINDEX, index))
        .add(attribute(NETCONFA_FORWARDING, on));
    return test::frame(RTM_NEWNETCONF, 0, payload);
}

TEST(netlink_forwarding, of_all_and_of_one) {
    const auto all = parsed(forwards(NETCONFA_IFINDEX_ALL, 1), netlink::parse_forwarding);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->index, NETCONFA_IFINDEX_ALL);
    EXPECT_TRUE(all->on);
    const auto one = parsed(forwards(7, 0), netlink::parse_forwarding);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->index, 7);
    EXPECT_FALSE(one->on);
}

TEST(netlink_forwarding, says_nothing_of_what_is_cut_short) {
    Bytes payload;
    payload.add(netconfmsg{AF_INET}).pad();
    payload.add(attribute(NETCONFA_IFINDEX, std::int32_t{1}));
    EXPECT_FALSE(parsed(test::frame(RTM_NEWNETCONF, 0, payload), netlink::parse_forwarding));
    EXPECT_FALSE(parsed(test::frame(RTM_NEWNETCONF, 0, {}), netlink::parse_forwarding));
}

TEST(netlink_follower, routes_of_labd_and_of_the_kernel_matter) {
    constexpr std::uint8_t ours = 0x6c;
    const auto matters = [&](std::uint16_t type, std::uint8_t protocol) {
        rtmsg head{};
        head.rtm_family = AF_INET;
        head.rtm_protocol = protocol;
        Bytes payload;
        payload.add(head);
        return parsed(test::frame(type, 0, payload),
                      [&](const netlink::Frame& f) { return netlink::matters(f, ours); });
    };
    EXPECT_TRUE(matters(RTM_DELROUTE, ours));
    EXPECT_TRUE(matters(RTM_DELROUTE, RTPROT_KERNEL));
    EXPECT_FALSE(matters(RTM_DELROUTE, RTPROT_OSPF));
    EXPECT_TRUE(
        parsed(forwards(1, 0), [&](const netlink::Frame& f) { return netlink::matters(f, ours); }));
    EXPECT_TRUE(parsed(rule(to_table()),
                       [&](const netlink::Frame& f) { return netlink::matters(f, ours); }));
}

}  // namespace
