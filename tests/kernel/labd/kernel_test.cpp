// Plans carried out by the real kernel: what is wished is there, works, and is seen as wished.
#include "tests/kernel/labd/bare_lab.hpp"

namespace {

using namespace topology;
using LinuxKernelTest = test::LinuxKernelTest;

TEST_F(LinuxKernelTest, two_hosts_and_a_router_answer_each_other) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    b.link({"r1", "h2"});
    const State wish = resolved(b);
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.0.2.11"));
    EXPECT_TRUE(pings("h1", "fd00:0:0:2::11"));
    EXPECT_TRUE(pings("h2", "10.0.1.11"));

    // Seen as wished, to the last bit.
    const State seen = observe(wish);
    EXPECT_EQ(seen.spaces.at("h1").devices, wish.spaces.at("h1").devices);
    EXPECT_EQ(seen.spaces.at("r1").devices, wish.spaces.at("r1").devices);
    EXPECT_EQ(seen.spaces.at("r1").addresses, wish.spaces.at("r1").addresses);
}

TEST_F(LinuxKernelTest, a_link_goes_and_takes_nothing_else) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    b.link({"r1", "h2"});
    State wish = resolved(b);
    bring(wish);
    wish.spaces["h2"] = Space{};
    wish.spaces["r1"].devices.erase("eth1");
    wish.spaces["r1"].addresses.erase("eth1");
    std::erase_if(wish.spaces["h1"].routes,
                  [](const auto& entry) { return !entry.second.hops[0].via; });
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.0.1.1"));
    EXPECT_TRUE(kernel_.observe("h2").devices.empty());
}

TEST_F(LinuxKernelTest, many_links_go_together) {
    test::LabBuilder b;
    b.routers({"r1", "r2", "r3"});
    for (int i = 0; i < 8; ++i) {
        b.link({"r1", "r2"});
        b.link({"r2", "r3"});
    }
    State wish = resolved(b);
    bring(wish);
    for (auto& [name, space] : wish.spaces) space = Space{};
    bring(wish);
}

TEST_F(LinuxKernelTest, a_switch_and_a_hub_carry_frames) {
    test::LabBuilder b;
    b.hosts({"h1", "h2", "h3"});
    b.node("sw", Kind::switch_).stp_priority = 4096;
    b.node("hub", Kind::hub);
    b.link({"h1", "sw"});
    b.link({"h2", "sw"});
    b.link({"sw", "hub"});
    b.link({"h3", "hub"});
    const State wish = resolved(b);
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.0.1.12"));
    EXPECT_TRUE(pings("h1", "10.0.1.13"));
    EXPECT_TRUE(pings("h3", "fd00:0:0:1::11"));
    const Space seen = kernel_.observe("sw");
    EXPECT_EQ(seen.devices.at("br0").stp_priority, 4096);
    EXPECT_EQ(kernel_.observe("hub").devices.at("br0").ageing_s, 0U);
    // Ports and bridges have no IPv6 of their own.
    EXPECT_EQ(run("sw", {"ip", "-6", "-o", "addr", "show", "scope", "link"}).output, "");
}

TEST_F(LinuxKernelTest, switch_settings_change_in_place) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.switches({"sw"});
    b.link({"h1", "sw"});
    b.link({"h2", "sw"});
    State wish = resolved(b);
    bring(wish);
    Device& bridge = wish.spaces["sw"].devices["br0"];
    bridge.stp = true;
    bridge.stp_priority = 8192;
    bridge.ageing_s = 60;
    bring(wish);
    const std::string seen = run("sw", {"ip", "-d", "link", "show", "br0"}).output;
    EXPECT_NE(seen.find("stp_state 1"), std::string::npos) << seen;
    EXPECT_NE(seen.find("priority 8192"), std::string::npos) << seen;
    bridge.stp = false;
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.0.1.12"));
}

TEST_F(LinuxKernelTest, an_implied_lan_and_a_stub_live_in_the_fabric) {
    test::LabBuilder b;
    b.hosts({"h1", "h2", "h3"});
    b.link({"h1", "h2", "h3"});
    b.link({"h1"});
    State wish = resolved(b);
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.0.1.12"));
    EXPECT_TRUE(pings("h3", "fd00:0:0:1::12"));
    const std::string stub = run("h1", {"cat", "/dev/null"}).output +
                             run("h1", {"ip", "-o", "link", "show", "eth1"}).output;
    EXPECT_NE(stub.find("state UP"), std::string::npos) << stub;
    EXPECT_EQ(run("h2", {"ip", "-o", "link", "show", "eth1"}).status, 1);

    // The LAN before another is dropped: what stays keeps its devices.
    const std::uint32_t port = kernel_.observe("h1").devices.at("eth1").index;
    test::LabBuilder less;
    less.hosts({"h1", "h2", "h3"});
    less.link({"h1"});
    less.lab.nodes[0].interfaces[0].name = "eth1";
    less.lab.nodes[0].interfaces[0].index = port;
    less.lab.nodes[0].interfaces[0].mac = wish.spaces["h1"].devices["eth1"].mac;
    wish = resolved(less);
    bring(wish);
    EXPECT_EQ(kernel_.observe("h1").devices.at("eth1").peer.device, "p3");
}

TEST_F(LinuxKernelTest, routes_of_every_shape) {
    test::LabBuilder b;
    b.routers({"r1", "r2"});
    b.link({"r1", "r2"});
    b.link({"r1", "r2"});
    State wish = resolved(b);
    Space &r1 = wish.spaces["r1"], &r2 = wish.spaces["r2"];
    r2.addresses["lo"] = {test::prefix("10.99.0.2/32"), test::prefix("fd99::2/128"),
                          test::prefix("10.98.0.2/32"), test::prefix("10.97.0.2/32")};
    const auto add = [&](Space& space, const std::string& to, std::vector<Route::Hop> hops,
                         std::uint32_t metric = 0, std::uint32_t table = 254, bool onlink = false) {
        Route out;
        out.destination = test::prefix(to);
        out.hops = std::move(hops);
        out.metric = metric;
        out.table = table;
        out.onlink = onlink;
        space.routes[{out.destination, table, metric}] = out;
    };
    const auto address_of = [&](const std::string& device, Family family) {
        for (const Prefix& prefix : r2.addresses[device])
            if (prefix.ip.family == family) return prefix.ip;
        throw std::runtime_error("no address on " + device);
    };
    const Ip hop4 = address_of("eth0", Family::ipv4), hop4b = address_of("eth1", Family::ipv4);
    const Ip hop6 = address_of("eth0", Family::ipv6), hop6b = address_of("eth1", Family::ipv6);
    const Ip local = r2.devices["eth0"].mac.link_local();
    add(r1, "10.99.0.0/16", {{hop4, "eth0"}, {hop4b, "eth1"}});  // equal cost
    add(r1, "fd99::/64", {{hop6, "eth0"}, {hop6b, "eth1"}}, 1024);
    add(r1, "10.98.0.0/16", {{local, "eth0"}});                   // RFC 5549
    add(r1, "10.97.0.0/16", {{local, "eth0"}, {hop4b, "eth1"}});  // mixed
    add(r1, "10.96.0.0/16", {{std::nullopt, "eth0"}}, 7);         // to the wire
    add(r1, "10.95.0.0/16", {});                                  // blackhole
    add(r1, "fd95::/64", {}, 1024);
    add(r1, "10.94.0.0/16", {{hop4, "eth0"}}, 0, 1001);                           // another table
    add(r1, "10.93.0.0/16", {{*Ip::parse("10.200.0.1"), "eth1"}}, 0, 254, true);  // onlink
    add(r1, "0.0.0.0/0", {{hop4, ""}});  // interface by kernel
    add(r1, "::/0", {{local, "eth0"}}, 1024);
    bring(wish);
    EXPECT_TRUE(pings("r1", "10.99.0.2"));
    EXPECT_TRUE(pings("r1", "fd99::2"));
    EXPECT_TRUE(pings("r1", "10.98.0.2"));
    EXPECT_TRUE(pings("r1", "10.97.0.2"));
    const std::string seen =
        run("r1", {"ip", "route", "show", "table", "all", "proto", "108"}).output;
    EXPECT_NE(seen.find("via inet6 " + local.text()), std::string::npos) << seen;
    EXPECT_NE(seen.find("table 1001"), std::string::npos) << seen;
    EXPECT_NE(seen.find("onlink"), std::string::npos) << seen;
    r1.routes.clear();
    bring(wish);
}

}  // namespace
