// The protocol against the kernel: refusals, batches, listings.
#include "netlink/socket.hpp"

#include "netlink/address.hpp"
#include "netlink/attributes.hpp"
#include "netlink/link.hpp"
#include "netlink/route.hpp"
#include "netlink/veth.hpp"
#include "tests/kernel/netlink/fresh.hpp"

namespace {

class NetlinkSocket : public test::FreshNetns {
  protected:
    void make_veth() {
        netlink::Message message =
            netlink::create_veth(end(netns(), "eth0", 100), true, end(other(), "eth0", 100));
        socket().request(message, {"create", "a link"});
    }
    netlink::Address address(std::uint8_t last) {
        netlink::Address out;
        out.index = 100;
        out.ip.bytes = {std::byte{10}, {}, {}, std::byte{last}};
        out.length = 24;
        out.protocol = 108;
        return out;
    }
};

TEST_F(NetlinkSocket, a_refusal_carries_the_kernels_words) {
    netlink::Message message(RTM_NEWLINK, NLM_F_CREATE, ifinfomsg{});
    message.put(netlink::ifla::name, "x0");
    {
        const auto info = message.nest(netlink::ifla::info);
        message.put(netlink::ifla::kind, "no-such-kind");
    }
    const auto refusal = socket().attempt(message);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->error, EOPNOTSUPP);
    EXPECT_EQ(refusal->text, "Unknown device type");
}

TEST_F(NetlinkSocket, a_refusal_names_the_attribute) {
    make_veth();
    // A MAC of five bytes.
    netlink::Message message(RTM_NEWLINK, 0, [] {
        ifinfomsg head{};
        head.ifi_index = 100;
        return head;
    }());
    message.put(netlink::ifla::mtu, 1400);
    constexpr netlink::Attr<IFLA_OPERSTATE, std::uint16_t> too_wide;
    constexpr netlink::Attr<IFLA_MASTER, std::uint8_t> too_narrow;
    message.put(too_wide, 1);
    message.put(too_narrow, 1);
    const auto refusal = socket().attempt(message);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->attribute, "IFLA_MASTER") << refusal->text;
}

TEST_F(NetlinkSocket, request_throws_one_sentence) {
    make_veth();
    netlink::Message again =
        netlink::create_veth(end(netns(), "eth0", 100), true, end(other(), "eth0", 100));
    try {
        socket().request(again, {"create", "link h1:eth0 – r1:eth0"});
        FAIL() << "it was created twice";
    } catch (const netlink::Error& e) {
        EXPECT_EQ(e.error(), EEXIST);
        EXPECT_STREQ(e.what(), "cannot create link h1:eth0 – r1:eth0: File exists");
    }
}

TEST_F(NetlinkSocket, a_batch_says_exactly_which_were_refused) {
    make_veth();
    std::vector<netlink::Message> messages;
    // More than one round, with duplicates in both and at the very end.
    for (int i = 1; i <= 150; ++i)
        messages.push_back(netlink::add_address(address(static_cast<std::uint8_t>(i))));
    const std::size_t twice[] = {3, 63, 64, 127, 149};
    for (const std::size_t i : twice) messages[i] = netlink::add_address(address(1));
    const auto refused = socket().batch(messages);
    ASSERT_EQ(refused.size(), std::size(twice));
    for (std::size_t i = 0; i < refused.size(); ++i) {
        EXPECT_EQ(refused[i].index, twice[i]);
        EXPECT_EQ(refused[i].refusal.error, EEXIST);
    }
    std::size_t set = 0;
    for (const netlink::Address& held : netlink::addresses(socket())) set += held.protocol == 108;
    EXPECT_EQ(set, 150 - std::size(twice));
    EXPECT_TRUE(socket().batch({}).empty());
}

TEST_F(NetlinkSocket, works_on_after_a_refusal) {
    make_veth();
    netlink::Message bad = netlink::remove_link({{}, 999});
    ASSERT_TRUE(socket().attempt(bad));
    EXPECT_EQ(netlink::links(socket()).size(), 2U);
    netlink::Message good = netlink::remove_link({{}, 100});
    EXPECT_FALSE(socket().attempt(good));
    EXPECT_EQ(netlink::links(socket()).size(), 1U);
}

TEST_F(NetlinkSocket, a_listing_of_several_buffers_is_whole) {
    make_veth();
    std::vector<netlink::Message> messages;
    for (std::uint32_t i = 0; i < 2000; ++i) {
        netlink::Route route;
        route.destination.bytes = {
            std::byte{20}, static_cast<std::byte>(i >> 8), static_cast<std::byte>(i), {}};
        route.length = 24;
        route.protocol = 108;
        messages.push_back(netlink::add_route(route));
    }
    ASSERT_TRUE(socket().batch(messages).empty());
    EXPECT_EQ(netlink::routes(socket(), 108).size(), 2000U);
    EXPECT_EQ(netlink::routes(socket(), 109).size(), 0U);
}

TEST_F(NetlinkSocket, an_error_in_a_listing_is_told) {
    netlink::Message message(RTM_GETLINK, 0, ifinfomsg{});
    message.put(netlink::ifla::target_nsid, 12345);
    EXPECT_THROW(socket().dump(
                     message, {"list", "links"}, [] {}, [](const netlink::Frame&) {}),
                 netlink::Error);
}

}  // namespace
