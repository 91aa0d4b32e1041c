// Frames that tell neighbours where an address is, byte by byte.
#include "netlink/announce.hpp"

#include <algorithm>
#include <iterator>

#include <gtest/gtest.h>

namespace {

using Frame = std::vector<std::uint8_t>;

netlink::MacAddress mac() {
    netlink::MacAddress out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(2 + 0x10 * i);
    return out;
}

netlink::Ip ip(std::uint8_t family, const Frame& bytes) {
    netlink::Ip out;
    out.family = family;
    std::transform(bytes.begin(), bytes.end(), out.bytes.begin(),
                   [](std::uint8_t b) { return static_cast<std::byte>(b); });
    return out;
}

TEST(Announce, GratuitousArp) {
    const Frame frame = netlink::gratuitous_arp(mac(), ip(2, {10, 0, 1, 11}));
    const Frame start{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x12, 0x22, 0x32, 0x42,
                      0x52, 0x08, 0x06, 0,    1,    0x08, 0,    6,    4,    0,    1,
                      0x02, 0x12, 0x22, 0x32, 0x42, 0x52, 10,   0,    1,    11,   0,
                      0,    0,    0,    0,    0,    10,   0,    1,    11};
    ASSERT_EQ(frame.size(), 60U);
    EXPECT_TRUE(std::equal(start.begin(), start.end(), frame.begin()));
}

TEST(Announce, NeighbourAdvertisement) {
    const Frame address{0xfd, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x11};
    const Frame frame = netlink::neighbour_advertisement(mac(), ip(10, address), true);
    ASSERT_EQ(frame.size(), 14U + 40 + 32);
    EXPECT_EQ(Frame(frame.begin(), frame.begin() + 6), (Frame{0x33, 0x33, 0, 0, 0, 1}));
    EXPECT_EQ(frame[14 + 7], 255) << "hop limit";
    EXPECT_EQ(frame[54], 136);
    EXPECT_EQ(frame[58], 0xA0) << "router and override, not solicited";
    EXPECT_TRUE(std::equal(address.begin(), address.end(), frame.begin() + 62));
    EXPECT_EQ(netlink::neighbour_advertisement(mac(), ip(10, address), false)[58], 0x20);

    // The sum over the pseudo header and the body, checksum included, is all ones.
    Frame summed(frame.begin() + 22, frame.begin() + 54);
    for (const std::uint8_t b : Frame{0, 0, 0, 32, 0, 0, 0, 58}) summed.push_back(b);
    std::copy(frame.begin() + 54, frame.end(), std::back_inserter(summed));
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < summed.size(); i += 2)
        sum += static_cast<std::uint32_t>(summed[i] << 8 | summed[i + 1]);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    EXPECT_EQ(sum, 0xffffU);
}

}  // namespace
