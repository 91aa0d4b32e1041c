// What is written down of the host comes back word for word.
#include "labd/host_tie.hpp"

#include "labd/host_forwarding.hpp"

#include <gtest/gtest.h>

namespace {

labd::HostTie example() {
    labd::HostTie out;
    out.kind = labd::HostTie::Kind::moved;
    out.key = {"clos", "r1", "wan"};
    out.outside = "eth7";
    out.end = "labd-12345678";
    out.kept.index = 7;
    out.kept.name = "eth7";
    out.kept.mac = {std::byte{0x00}, std::byte{0x16}, std::byte{0x3e},
                    std::byte{0xff}, std::byte{0x0a}, std::byte{0x01}};
    out.kept.mtu = 9000;
    out.kept.group = 42;
    out.kept.queue_length = 1000;
    out.kept.up = true;
    out.kept.addresses = {{std::byte{2}, std::byte{0xfe}}, {}};
    out.kept.routes = {{std::byte{0x80}}};
    out.kept.neighbors = {{std::byte{0x81}}, {std::byte{0x82}}};
    out.kept.nexthops = {{std::byte{0x83}}};
    out.kept.qdiscs = {{std::byte{0x84}}};
    out.sysctls["ipv4/conf/ rp_filter"] = "2";
    return out;
}

TEST(HostTie, SaysAllOfItAgain) {
    for (const auto kind :
         {labd::HostTie::Kind::uplink, labd::HostTie::Kind::port, labd::HostTie::Kind::moved}) {
        labd::HostTie tie = example();
        tie.kind = kind;
        EXPECT_EQ(labd::parse_host_tie(to_json(tie)), tie);
    }
}

TEST(HostTie, HalfAFileIsNone) {
    const std::string whole = to_json(example());
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_FALSE(labd::parse_host_tie(whole.substr(0, length))) << length;
}

TEST(HostForwarding, SaysAllOfItAgain) {
    labd::Opened opened;
    opened.ipv4 = {"eth0", "wlan0"};
    opened.ipv6 = {"eth0"};
    opened.all6 = true;
    EXPECT_EQ(labd::parse_opened(to_json(opened)), opened);
    EXPECT_EQ(labd::parse_opened("{"), labd::Opened{});
}

}  // namespace
