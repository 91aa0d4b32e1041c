// What the kernel says of a device, as the plan compares it.
#include "labd/linux_convert.hpp"

#include <gtest/gtest.h>

namespace {

netlink::Link bridge(bool stp, std::uint32_t ageing) {
    netlink::Link link;
    link.name = "br0";
    link.kind = "bridge";
    link.bridge = netlink::Bridge{};
    link.bridge->stp = stp;
    link.bridge->ageing = ageing;
    link.bridge->forward_delay = 400;
    return link;
}

// For a while after every change of its tree a bridge with STP forgets after twice its forward
// delay, and shows that as its ageing time: nobody has set it, so it is no drift.
TEST(LinuxConvert, ABridgeInAHurryIsAsItWasWished) {
    EXPECT_EQ(labd::device_of(bridge(true, 800)).ageing_s, 300U);
    EXPECT_EQ(labd::device_of(bridge(true, 30000)).ageing_s, 300U);
}

TEST(LinuxConvert, AnotherAgeingTimeIsSeen) {
    EXPECT_EQ(labd::device_of(bridge(false, 800)).ageing_s, 8U);
    EXPECT_EQ(labd::device_of(bridge(false, 0)).ageing_s, 0U) << "a hub";
    EXPECT_EQ(labd::device_of(bridge(true, 900)).ageing_s, 9U);
}

}  // namespace
