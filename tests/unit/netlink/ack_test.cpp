// Acknowledgements laid out by hand: the kernel's yes, its no, and its reasons.
#include "netlink/address.hpp"
#include "netlink/attributes.hpp"
#include "netlink/frame.hpp"
#include "tests/unit/netlink/bytes.hpp"

#include <cerrno>

#include <gtest/gtest.h>

namespace {

using test::attribute;
using test::Bytes;
using test::text_attribute;

netlink::Message asked() {
    netlink::Message out(RTM_NEWLINK, 0, ifinfomsg{});
    out.put(netlink::ifla::name, "eth0");
    out.put(netlink::ifla::mtu, 70000);
    return out;
}

// nlmsgerr as the kernel sends it: the error, the request or its header only, then the reasons.
Bytes ack(int error, const netlink::Message& request, bool capped, const Bytes& reasons) {
    const std::size_t echoed = capped ? sizeof(nlmsghdr) : request.bytes().size();
    Bytes payload;
    payload.add(error);
    for (const std::byte b : request.bytes().first(echoed)) payload.add(b);
    payload.add(reasons);
    const unsigned flags = (capped ? unsigned{NLM_F_CAPPED} : 0U) |
                           (reasons.size() != 0 ? unsigned{NLM_F_ACK_TLVS} : 0U);
    return test::frame(NLMSG_ERROR, static_cast<std::uint16_t>(flags), payload);
}

std::optional<netlink::Refusal> parse(const Bytes& bytes, const netlink::Message& request) {
    netlink::Bytes rest = bytes.view();
    const auto frame = netlink::next_frame(rest);
    if (!frame) return std::nullopt;
    return netlink::parse_ack(*frame, request.bytes());
}

Bytes reasons(std::uint32_t offset) {
    return Bytes()
        .add(text_attribute(NLMSGERR_ATTR_MSG, "mtu greater than device maximum"))
        .add(attribute(NLMSGERR_ATTR_OFFS, offset));
}

// Where the MTU stands in the request: behind the headers and the name.
constexpr std::uint32_t mtu_at = sizeof(nlmsghdr) + sizeof(ifinfomsg) + 12;

TEST(netlink_ack, yes) {
    const netlink::Message request = asked();
    const auto answer = parse(ack(0, request, true, {}), request);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error, 0);
}

TEST(netlink_ack, a_bare_no) {
    const netlink::Message request = asked();
    for (const bool capped : {true, false}) {
        const auto answer = parse(ack(-EEXIST, request, capped, {}), request);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->error, EEXIST);
        EXPECT_EQ(answer->text, "");
        EXPECT_EQ(answer->attribute, "");
    }
}

TEST(netlink_ack, a_no_with_reasons) {
    const netlink::Message request = asked();
    for (const bool capped : {true, false}) {
        const auto answer = parse(ack(-EINVAL, request, capped, reasons(mtu_at)), request);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->error, EINVAL);
        EXPECT_EQ(answer->text, "mtu greater than device maximum");
        EXPECT_EQ(answer->attribute, "IFLA_MTU");
    }
}

TEST(netlink_ack, offsets_that_point_nowhere_name_nothing) {
    const netlink::Message request = asked();
    for (const std::uint32_t offset : {0U, 4U, 16U, 31U, 1000U, 0xffffffffU})
        EXPECT_EQ(parse(ack(-EINVAL, request, true, reasons(offset)), request)->attribute, "")
            << offset;
    EXPECT_EQ(netlink::attribute_at({}, mtu_at), "");
}

TEST(netlink_ack, the_end_of_a_listing_can_carry_an_error) {
    const Bytes end = test::frame(NLMSG_DONE, 0, Bytes().add(-EOPNOTSUPP));
    const auto answer = parse(end, asked());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error, EOPNOTSUPP);
}

TEST(netlink_ack, cut_short_anywhere_it_says_nothing_wrong) {
    const netlink::Message request = asked();
    const Bytes whole = ack(-EINVAL, request, false, reasons(mtu_at));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        // Cut on the wire: the length is a lie, the frame is none.
        EXPECT_FALSE(parse(whole.first(size), request)) << size;
        // Cut inside: the length is right, the reasons are not.
        if (size < sizeof(nlmsghdr)) continue;
        Bytes payload;
        for (const std::byte b : whole.view().subspan(sizeof(nlmsghdr), size - sizeof(nlmsghdr)))
            payload.add(b);
        const auto answer = parse(test::frame(NLMSG_ERROR, NLM_F_ACK_TLVS, payload), request);
        if (payload.size() < sizeof(int)) {
            EXPECT_FALSE(answer) << size;
        } else {
            ASSERT_TRUE(answer) << size;
            EXPECT_EQ(answer->error, EINVAL);
        }
    }
}

TEST(netlink_ack, other_frames_are_none) {
    EXPECT_FALSE(parse(test::frame(RTM_NEWLINK, 0, Bytes().add(ifinfomsg{})), asked()));
}

TEST(netlink_error, is_one_sentence) {
    const netlink::Intent intent{"create", "link h1:eth0 – r1:eth0"};
    EXPECT_EQ(netlink::sentence(intent, {EEXIST, "", ""}),
              "cannot create link h1:eth0 – r1:eth0: File exists");
    EXPECT_EQ(netlink::sentence(intent, {EINVAL, "mtu too big", "IFLA_MTU"}),
              "cannot create link h1:eth0 – r1:eth0: Invalid argument (kernel: mtu too big, at "
              "IFLA_MTU)");
    EXPECT_EQ(netlink::sentence(intent, {EINVAL, "", "IFLA_MTU"}),
              "cannot create link h1:eth0 – r1:eth0: Invalid argument (kernel: at IFLA_MTU)");
    const netlink::Error error(intent, {ENODEV, "gone", ""});
    EXPECT_EQ(error.error(), ENODEV);
    EXPECT_EQ(error.verb(), "create");
    EXPECT_EQ(error.subject(), "link h1:eth0 – r1:eth0");
}

}  // namespace
