// What stays is changed while it runs.
#include "tests/kernel/labd/bare_lab.hpp"

namespace {

using namespace topology;
using LinuxKernelTest = test::LinuxKernelTest;

TEST_F(LinuxKernelTest, mtu_and_mac_change_in_place) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.link({"h1", "h2"});
    State wish = resolved(b);
    bring(wish);
    for (const char* host : {"h1", "h2"}) wish.spaces[host].devices["eth0"].mtu = 9000;
    Device& changed = wish.spaces["h1"].devices["eth0"];
    changed.mac = *Mac::parse("02:aa:bb:cc:dd:ee");
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.0.1.12", {"-s", "8000", "-M", "do"}));
    // The link-local address follows the MAC, and only it is there.
    const std::string seen =
        run("h1", {"ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "link"}).output;
    EXPECT_NE(seen.find(changed.mac.link_local().text() + "/64"), std::string::npos) << seen;
    EXPECT_EQ(std::count(seen.begin(), seen.end(), '\n'), 1) << seen;
    EXPECT_TRUE(pings("h2", changed.mac.link_local().text() + "%eth0"));
}

TEST_F(LinuxKernelTest, below_1280_bytes_there_is_no_ipv6_and_above_it_returns) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.switches({"sw"});
    b.link({"h1", "sw"});
    b.link({"h2", "sw"});
    const auto with_mtu = [&](std::uint32_t mtu) {
        for (Node& node : b.lab.nodes)
            for (Interface& interface : node.interfaces) {
                interface.mtu = mtu;
                interface.addresses.clear();
            }
        b.lab.segments.clear();
        return resolved(b);
    };
    bring(with_mtu(1500));
    bring(with_mtu(1000));
    EXPECT_TRUE(pings("h1", "10.0.1.12"));
    EXPECT_EQ(run("h1", {"ip", "-6", "-o", "addr", "show", "dev", "eth0"}).output, "");
    bring(with_mtu(1500));
    EXPECT_TRUE(pings("h1", "fd00:0:0:1::12"));
    EXPECT_EQ(run("sw", {"ip", "-6", "-o", "addr", "show", "scope", "link"}).output, "");
}

TEST_F(LinuxKernelTest, an_interface_goes_down_and_keeps_its_addresses) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.link({"h1", "h2"});
    State wish = resolved(b);
    bring(wish);
    wish.spaces["h1"].devices["eth0"].up = false;
    bring(wish);
    EXPECT_FALSE(pings("h2", "10.0.1.11", {"-W1"}));
    EXPECT_EQ(kernel_.observe("h1").addresses, wish.spaces["h1"].addresses);
    wish.spaces["h1"].devices["eth0"].up = true;
    bring(wish);
    EXPECT_TRUE(pings("h2", "10.0.1.11"));
    EXPECT_TRUE(pings("h2", "fd00:0:0:1::11"));
}

TEST_F(LinuxKernelTest, a_primary_address_goes_without_its_secondary) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.link({"h1", "h2"});
    State wish = resolved(b);
    std::set<Prefix>& held = wish.spaces["h1"].addresses["eth0"];
    held.insert(test::prefix("10.0.1.50/24"));
    held.insert(test::prefix("10.0.1.51/24"));
    bring(wish);
    held.erase(test::prefix("10.0.1.11/24"));
    bring(wish);
    EXPECT_TRUE(pings("h2", "10.0.1.51"));
}

TEST_F(LinuxKernelTest, renumbering_keeps_routes) {
    test::LabBuilder b;
    b.hosts({"h1"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    State wish = resolved(b);
    Route blackhole, far;
    blackhole.destination = test::prefix("10.66.0.0/16");
    far.destination = test::prefix("10.77.0.0/16");
    far.hops = {{Ip::parse("10.0.1.1"), "eth0"}};
    auto& routes = wish.spaces["h1"].routes;
    routes[{blackhole.destination, 254, 0}] = blackhole;
    routes[{far.destination, 254, 0}] = far;
    bring(wish);
    auto& held = wish.spaces["h1"].addresses["eth0"];
    held.erase(test::prefix("10.0.1.11/24"));
    held.insert(test::prefix("10.0.1.99/24"));
    bring(wish);
    EXPECT_TRUE(pings("r1", "10.0.1.99"));
}

// h1 on s1 or s2, which are cabled to each other.
test::LabBuilder two_switches(const std::string& at) {
    test::LabBuilder b;
    b.hosts({"h1", "h2", "h3"});
    b.node("s1", Kind::switch_);
    b.node("s2", Kind::switch_);
    b.link({"s1", "s2"});
    b.link({"h2", "s1"});
    b.link({"h3", "s2"});
    b.link({"h1", at});
    return b;
}

TEST_F(LinuxKernelTest, a_cable_is_plugged_into_another_switch_and_back) {
    test::LabBuilder first = two_switches("s1"), second = two_switches("s2");
    const State before = resolved(first), after = resolved(second);
    bring(before);
    // What somebody has put on the end that stays is still there: it has not been made anew.
    ASSERT_EQ(run("h1", {"ip", "address", "add", "192.0.2.9/32", "dev", "eth0"}).status, 0);
    for (const State* wish : {&after, &before, &after}) {
        bring(*wish);
        EXPECT_NE(run("h1", {"ip", "address"}).output.find("192.0.2.9"), std::string::npos);
        for (const char* to : {"10.0.1.12", "10.0.1.13", "fd00:0:0:1::12", "fd00:0:0:1::13"})
            EXPECT_TRUE(pings("h1", to));
        EXPECT_EQ(observe(*wish).spaces.at("h1").devices, wish->spaces.at("h1").devices);
        EXPECT_EQ(observe(*wish).spaces.at("s2").devices, wish->spaces.at("s2").devices);
    }
}

TEST_F(LinuxKernelTest, a_cable_that_finds_its_place_taken_stays_where_it_was) {
    test::LabBuilder first = two_switches("s1"), second = two_switches("s2");
    const State before = resolved(first), after = resolved(second);
    bring(before);
    ASSERT_EQ(run("s2", {"ip", "link", "add", "eth2", "type", "bridge"}).status, 0);
    const auto failure = kernel_.apply(kernel_steps(after, observe(after)));
    ASSERT_TRUE(failure);
    EXPECT_TRUE(
        failure->message.starts_with("cannot plug interface h1:eth0 into s2:eth2: File exists"))
        << failure->message;
    EXPECT_EQ(observe(before).spaces.at("s1").devices, before.spaces.at("s1").devices);
    EXPECT_TRUE(pings("h1", "10.0.1.12"));
    ASSERT_EQ(run("s2", {"ip", "link", "delete", "eth2"}).status, 0);
    bring(after);
    EXPECT_TRUE(pings("h1", "10.0.1.13"));
}

}  // namespace
