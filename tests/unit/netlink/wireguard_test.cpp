// WireGuard's own messages, byte for byte, and what the kernel answers.
#include "netlink/wireguard.hpp"

#include "tests/unit/netlink/bytes.hpp"

#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>

#include <gtest/gtest.h>

namespace {

using test::attribute;
using test::Bytes;
using test::frame;
using test::hex;

constexpr std::uint16_t family = 33;
constexpr std::uint16_t nested = NLA_F_NESTED;

netlink::WireguardKey key(std::uint8_t fill) {
    netlink::WireguardKey out;
    out.fill(std::byte{fill});
    return out;
}
netlink::Ip ip4(std::uint8_t a, std::uint8_t d) {
    netlink::Ip out;
    out.bytes = {std::byte{a}, {}, {}, std::byte{d}};
    return out;
}
netlink::Ip ip6(std::uint8_t last) {
    netlink::Ip out;
    out.family = AF_INET6;
    out.bytes[0] = std::byte{0xfd};
    out.bytes[15] = std::byte{last};
    return out;
}

Bytes head(std::uint8_t command) {
    return Bytes().add(genlmsghdr{command, WG_GENL_VERSION, 0});
}
Bytes request(const Bytes& body) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + body.size());
    header.nlmsg_type = family;
    header.nlmsg_flags = NLM_F_REQUEST;
    return Bytes().add(header).add(body);
}
Bytes of_device() {
    return head(WG_CMD_SET_DEVICE).add(attribute(WGDEVICE_A_IFINDEX, std::uint32_t{200}));
}
Bytes endpoint4() {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(51821);
    to.sin_addr.s_addr = htonl(0x0a000002);
    return attribute(WGPEER_A_ENDPOINT, to);
}
Bytes endpoint6() {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(51822);
    to.sin6_addr.s6_addr[0] = 0xfd;
    to.sin6_addr.s6_addr[15] = 9;
    return attribute(WGPEER_A_ENDPOINT, to);
}
template <class Address>
Bytes network(std::uint16_t ip_family, const Address& address, std::uint8_t length) {
    return attribute(nested, Bytes()
                                 .add(attribute(WGALLOWEDIP_A_FAMILY, ip_family))
                                 .add(attribute(WGALLOWEDIP_A_IPADDR, address))
                                 .add(attribute(WGALLOWEDIP_A_CIDR_MASK, length)));
}

TEST(netlink_wireguard, an_end_is_told_its_key_its_port_and_its_peers) {
    netlink::WireguardChange change;
    change.secret = key(7);
    change.port = 51820;
    change.gone = {key(8)};
    netlink::WireguardPeer& peer = change.come.emplace_back();
    peer.key = key(9);
    peer.address = ip4(10, 2);
    peer.port = 51821;
    peer.allowed = {{ip4(10, 0), 8}, {ip6(1), 128}};
    const auto messages = netlink::change_wireguard(family, 200, change);
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(hex(messages[0].bytes()),
              hex(request(of_device()
                              .add(attribute(WGDEVICE_A_PRIVATE_KEY, key(7)))
                              .add(attribute(WGDEVICE_A_LISTEN_PORT, std::uint16_t{51820})))
                      .view()));
    const Bytes gone = Bytes()
                           .add(attribute(WGPEER_A_PUBLIC_KEY, key(8)))
                           .add(attribute(WGPEER_A_FLAGS, std::uint32_t{WGPEER_F_REMOVE_ME}));
    EXPECT_EQ(
        hex(messages[1].bytes()),
        hex(request(of_device().add(attribute(WGDEVICE_A_PEERS | nested, attribute(nested, gone))))
                .view()));
    const Bytes networks = Bytes()
                               .add(network(AF_INET, std::array<std::uint8_t, 4>{10}, 8))
                               .add(network(AF_INET6, ip6(1).bytes, 128));
    const Bytes come =
        Bytes()
            .add(attribute(WGPEER_A_PUBLIC_KEY, key(9)))
            .add(attribute(WGPEER_A_FLAGS, std::uint32_t{WGPEER_F_REPLACE_ALLOWEDIPS}))
            .add(endpoint4())
            .add(attribute(WGPEER_A_ALLOWEDIPS | nested, networks));
    EXPECT_EQ(
        hex(messages[2].bytes()),
        hex(request(of_device().add(attribute(WGDEVICE_A_PEERS | nested, attribute(nested, come))))
                .view()));
}

TEST(netlink_wireguard, nothing_that_changes_is_no_message) {
    EXPECT_TRUE(netlink::change_wireguard(family, 200, {}).empty());
    netlink::WireguardChange change;
    change.forget_peers = true;
    const auto messages = netlink::change_wireguard(family, 200, change);
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(hex(messages[0].bytes()),
              hex(request(of_device().add(
                              attribute(WGDEVICE_A_FLAGS, std::uint32_t{WGDEVICE_F_REPLACE_PEERS})))
                      .view()));
}

TEST(netlink_wireguard, a_greeting_is_one_keepalive) {
    const auto messages = netlink::greet_wireguard(family, 200, key(9));
    ASSERT_EQ(messages.size(), 2U);
    for (const std::size_t n : {0U, 1U}) {
        const Bytes peer = Bytes()
                               .add(attribute(WGPEER_A_PUBLIC_KEY, key(9)))
                               .add(attribute(WGPEER_A_FLAGS, std::uint32_t{WGPEER_F_UPDATE_ONLY}))
                               .add(attribute(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
                                              static_cast<std::uint16_t>(n == 0 ? 1 : 0)));
        EXPECT_EQ(hex(messages[n].bytes()),
                  hex(request(of_device().add(
                                  attribute(WGDEVICE_A_PEERS | nested, attribute(nested, peer))))
                          .view()));
    }
}

TEST(netlink_wireguard, more_networks_than_one_attribute_holds_go_in_pieces) {
    netlink::WireguardChange change;
    netlink::WireguardPeer& peer = change.come.emplace_back();
    peer.address = ip6(9);
    for (int n = 0; n < 2500; ++n) peer.allowed.push_back({ip6(1), 128});
    const auto messages = netlink::change_wireguard(family, 200, change);
    ASSERT_EQ(messages.size(), 3U);
    std::size_t networks = 0, flags = 0, endpoints = 0;
    for (const netlink::Message& message : messages) {
        netlink::Bytes rest = message.bytes();
        const auto sent = netlink::next_frame(rest);
        ASSERT_TRUE(sent);
        netlink::for_attributes(sent->attributes<genlmsghdr>(), [&](const netlink::Attribute& a) {
            if (a.number != WGDEVICE_A_PEERS) return;
            netlink::for_attributes(a.payload, [&](const netlink::Attribute& one) {
                netlink::for_attributes(one.payload, [&](const netlink::Attribute& b) {
                    flags += b.number == WGPEER_A_FLAGS;
                    endpoints += b.number == WGPEER_A_ENDPOINT;
                    if (b.number == WGPEER_A_ALLOWEDIPS)
                        netlink::for_attributes(b.payload,
                                                [&](const netlink::Attribute&) { ++networks; });
                });
            });
        });
    }
    EXPECT_EQ(networks, 2500U);
    EXPECT_EQ(flags, 1U) << "the first piece replaces, the others add";
    EXPECT_EQ(endpoints, 1U);
}

void read(const Bytes& payload, netlink::WireguardDevice& out) {
    const Bytes bytes = frame(family, NLM_F_MULTI, payload);
    netlink::Bytes rest = bytes.view();
    const auto part = netlink::next_frame(rest);
    ASSERT_TRUE(part);
    netlink::parse_wireguard(*part, out);
}

TEST(netlink_wireguard, listings_are_read_over_their_parts) {
    struct {
        std::int64_t seconds = 1'700'000'000, nanoseconds = 0;
    } handshake;
    const Bytes first = Bytes()
                            .add(attribute(WGPEER_A_PUBLIC_KEY, key(1)))
                            .add(attribute(WGPEER_A_LAST_HANDSHAKE_TIME, handshake))
                            .add(endpoint6())
                            .add(attribute(WGPEER_A_ALLOWEDIPS | nested,
                                           network(AF_INET, std::array<std::uint8_t, 4>{10}, 8)));
    const Bytes rest_of_first =
        Bytes()
            .add(attribute(WGPEER_A_PUBLIC_KEY, key(1)))
            .add(attribute(WGPEER_A_ALLOWEDIPS | nested, network(AF_INET6, ip6(3).bytes, 64)));
    handshake.seconds = 0;
    const Bytes second = Bytes()
                             .add(attribute(WGPEER_A_PUBLIC_KEY, key(2)))
                             .add(attribute(WGPEER_A_LAST_HANDSHAKE_TIME, handshake))
                             .add(endpoint4());
    netlink::WireguardDevice out;
    read(head(WG_CMD_GET_DEVICE)
             .add(attribute(WGDEVICE_A_LISTEN_PORT, std::uint16_t{51820}))
             .add(attribute(WGDEVICE_A_PRIVATE_KEY, key(5)))
             .add(attribute(WGDEVICE_A_PUBLIC_KEY, key(6)))
             .add(attribute(WGDEVICE_A_PEERS | nested, attribute(nested, first))),
         out);
    read(head(WG_CMD_GET_DEVICE)
             .add(attribute(
                 WGDEVICE_A_PEERS | nested,
                 Bytes().add(attribute(nested, rest_of_first)).add(attribute(nested, second)))),
         out);
    EXPECT_EQ(out.port, 51820);
    EXPECT_EQ(out.secret, key(5));
    EXPECT_EQ(out.open, key(6));
    ASSERT_EQ(out.peers.size(), 2U);
    EXPECT_TRUE(out.peers[0].heard);
    EXPECT_EQ(out.peers[0].address, ip6(9));
    EXPECT_EQ(out.peers[0].port, 51822);
    ASSERT_EQ(out.peers[0].allowed.size(), 2U);
    EXPECT_EQ(out.peers[0].allowed[1].ip, ip6(3));
    EXPECT_EQ(out.peers[0].allowed[1].length, 64);
    EXPECT_FALSE(out.peers[1].heard);
    EXPECT_EQ(out.peers[1].address, ip4(10, 2));
    EXPECT_TRUE(out.peers[1].allowed.empty());
}

TEST(netlink_wireguard, what_is_cut_short_is_passed_over) {
    const Bytes short_network =
        attribute(nested, Bytes()
                              .add(attribute(WGALLOWEDIP_A_FAMILY, std::uint16_t{AF_INET6}))
                              .add(attribute(WGALLOWEDIP_A_IPADDR, std::uint32_t{0})));
    const Bytes peer = Bytes()
                           .add(attribute(WGPEER_A_PUBLIC_KEY, std::uint32_t{0}))
                           .add(attribute(WGPEER_A_ENDPOINT, std::uint16_t{AF_INET}))
                           .add(attribute(WGPEER_A_ALLOWEDIPS | nested, short_network));
    netlink::WireguardDevice out;
    read(head(WG_CMD_GET_DEVICE).add(attribute(WGDEVICE_A_PEERS | nested, attribute(nested, peer))),
         out);
    ASSERT_EQ(out.peers.size(), 1U);
    EXPECT_FALSE(out.peers[0].address);
    EXPECT_TRUE(out.peers[0].allowed.empty());
}

TEST(netlink_wireguard, clamped_keys_are_as_the_kernel_shows_them) {
    netlink::WireguardKey secret = key(0xff);
    netlink::clamp(secret);
    EXPECT_EQ(secret.front(), std::byte{0xf8});
    EXPECT_EQ(secret.back(), std::byte{0x7f});
    netlink::WireguardKey again = secret;
    netlink::clamp(again);
    EXPECT_EQ(again, secret);
    netlink::WireguardKey zeros{};
    netlink::clamp(zeros);
    EXPECT_EQ(zeros.back(), std::byte{0x40});
}

}  // namespace
