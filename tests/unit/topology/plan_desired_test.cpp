// What a lab should be in the kernel: devices, fabric, what it can hold and what not.
#include "tests/support/lab_builder.hpp"
#include "topology/plan.hpp"

#include <gtest/gtest.h>

namespace {

using namespace topology;
using test::LabBuilder;
using test::prefix;

State wish(LabBuilder& b) {
    address(b.lab, b.diagnostics);
    route(b.lab, b.diagnostics);
    EXPECT_EQ(test::codes(b.diagnostics), "");
    return desired(b.lab);
}

TEST(plan_desired, a_link_is_a_veth_that_fits_at_both_ends) {
    LabBuilder b;
    b.hosts({"h1"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    const State state = wish(b);
    const Device& here = state.spaces.at("h1").devices.at("eth0");
    const Device& there = state.spaces.at("r1").devices.at("eth0");
    EXPECT_EQ(here.peer, (DeviceEnd{"r1", "eth0"}));
    EXPECT_EQ(there.peer, (DeviceEnd{"h1", "eth0"}));
    EXPECT_EQ(here.index, 100U);
    EXPECT_FALSE(here.quiet);
    EXPECT_FALSE(state.spaces.contains(fabric_name));
    EXPECT_EQ(state.spaces.at("h1").kind, Space::Kind::node);
}

TEST(plan_desired, a_switch_is_a_bridge_and_its_ends_are_ports) {
    LabBuilder b;
    b.hosts({"h1"});
    b.node("sw", Kind::switch_).stp = true;
    b["sw"].stp_priority = 4096;
    b.link({"h1", "sw"});
    const State state = wish(b);
    const Space& sw = state.spaces.at("sw");
    EXPECT_EQ(sw.kind, Space::Kind::bridge);
    const Device& bridge = sw.devices.at("br0");
    EXPECT_EQ(bridge.kind, Device::Kind::bridge);
    EXPECT_EQ(bridge.index, 99U);
    EXPECT_TRUE(bridge.stp && bridge.quiet && bridge.up);
    EXPECT_EQ(bridge.stp_priority, 4096);
    EXPECT_EQ(bridge.ageing_s, 300U);
    EXPECT_EQ(sw.devices.at("eth0").master, "br0");
    EXPECT_TRUE(sw.devices.at("eth0").quiet);
    EXPECT_TRUE(sw.addresses.empty());
    EXPECT_FALSE(state.contents.contains("sw"));
}

TEST(plan_desired, a_hub_forgets_at_once_and_a_default_priority_says_nothing) {
    LabBuilder b;
    b.node("hub", Kind::hub).stp_priority = 32768;
    const Device bridge = wish(b).spaces.at("hub").devices.at("br0");
    EXPECT_EQ(bridge.ageing_s, 0U);
    EXPECT_FALSE(bridge.stp_priority);
}

TEST(plan_desired, a_switch_that_runs_something_is_a_node_with_a_bridge) {
    LabBuilder b;
    b.switches({"sw"});
    b["sw"].exec.push_back({{Text{"true", {}}}, {}});
    const State state = wish(b);
    EXPECT_EQ(state.spaces.at("sw").kind, Space::Kind::node);
    EXPECT_TRUE(state.spaces.at("sw").devices.contains("br0"));
    EXPECT_TRUE(state.contents.contains("sw"));
}

TEST(plan_desired, an_implied_lan_and_a_stub_are_in_the_fabric) {
    LabBuilder b;
    b.hosts({"h1", "h2", "h3"});
    b.link({"h1", "h2", "h3"});
    b.link({"h1"});
    const State state = wish(b);
    const Space& fabric = state.spaces.at(fabric_name);
    EXPECT_EQ(fabric.kind, Space::Kind::fabric);
    std::string seen;
    for (const auto& [name, device] : fabric.devices)
        seen += name + " " + std::to_string(device.index) + " " + device.master + " " +
                device.peer.space + ":" + device.peer.device + "\n";
    EXPECT_EQ(seen,
              "br0 100  :\n"
              "p0 101 br0 h1:eth0\n"
              "p1 102 br0 h2:eth0\n"
              "p2 103 br0 h3:eth0\n"
              "p3 104  h1:eth1\n");
    for (const auto& entry : fabric.devices) EXPECT_TRUE(entry.second.quiet);
    EXPECT_EQ(state.spaces.at("h1").devices.at("eth1").peer, (DeviceEnd{fabric_name, "p3"}));
}

TEST(plan_desired, a_lan_of_two_needs_no_bridge) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.link({"h1", "h2"}).lan = true;
    EXPECT_FALSE(wish(b).spaces.contains(fabric_name));
}

TEST(plan_desired, a_bridge_is_as_wide_as_its_narrowest_port) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.switches({"sw", "alone"});
    b.link({"h1", "sw"});
    b.link({"h2", "sw"});
    b.end("sw", 0).mtu = 9000;
    b.end("sw", 1).mtu = 4000;
    const State state = wish(b);
    EXPECT_EQ(state.spaces.at("sw").devices.at("br0").mtu, 4000U);
    EXPECT_EQ(state.spaces.at("alone").devices.at("br0").mtu, 1500U);
}

TEST(plan_desired, a_closed_interface_keeps_addresses_and_loses_routes) {
    LabBuilder b;
    b.hosts({"h1"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    b.end("h1", 0).up = false;
    const Space h1 = wish(b).spaces.at("h1");
    EXPECT_FALSE(h1.devices.at("eth0").up);
    EXPECT_EQ(h1.addresses.at("eth0").size(), 2U);
    EXPECT_TRUE(h1.routes.empty());
}

TEST(plan_desired, equal_cost_routes_lose_the_hop_that_is_down) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.link({"r1 10.0.0.1/24", "r2 10.0.0.2/24"});
    b.link({"r1 10.0.1.1/24", "r2 10.0.1.2/24"});
    b.end("r1", 1).up = false;
    address(b.lab, b.diagnostics);
    Route route;
    route.destination = prefix("10.9.0.0/16");
    route.hops = {{Ip::parse("10.0.0.2"), ""}, {Ip::parse("10.0.1.2"), ""}};
    b["r1"].routes = {route};
    const auto routes = desired(b.lab).spaces.at("r1").routes;
    ASSERT_EQ(routes.size(), 1U);
    ASSERT_EQ(routes.begin()->second.hops.size(), 1U);
    EXPECT_EQ(routes.begin()->second.hops[0].via, Ip::parse("10.0.0.2"));
}

TEST(plan_desired, no_ipv6_below_1280) {
    LabBuilder b;
    b.hosts({"h1"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    b.end("h1", 0).mtu = b.end("r1", 0).mtu = 1279;
    const Space h1 = wish(b).spaces.at("h1");
    EXPECT_TRUE(h1.devices.at("eth0").quiet);
    EXPECT_EQ(h1.addresses.at("eth0"), (std::set<Prefix>{prefix("10.0.1.11/24")}));
    for (const auto& [key, route] : h1.routes)
        EXPECT_EQ(key.destination.ip.family, Family::ipv4) << key.destination.text();
}

TEST(plan_desired, ipv6_routes_have_the_kernels_metric) {
    LabBuilder b;
    b.hosts({"h1"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    const Space h1 = wish(b).spaces.at("h1");
    EXPECT_TRUE(h1.routes.contains({prefix("0.0.0.0/0"), 254, 0}));
    EXPECT_TRUE(h1.routes.contains({prefix("::/0"), 254, 1024}));
}

TEST(plan_desired, contents_are_told_apart) {
    LabBuilder b;
    b.hosts({"h1"});
    Node& h1 = b["h1"];
    h1.files["/etc/a"].content = "x";
    Service service;
    service.name = "s";
    service.argv = {Text{"ab", {}}, Text{"c", {}}};
    h1.services = {service};
    h1.exec = {{{Text{"true", {}}}, {}}};
    const Contents before = desired(b.lab).contents.at("h1");
    EXPECT_EQ(desired(b.lab).contents.at("h1"), before);

    h1.services[0].argv = {Text{"a", {}}, Text{"bc", {}}};
    EXPECT_NE(desired(b.lab).contents.at("h1").services, before.services);
    h1.files["/etc/a"].mode = 0600;
    EXPECT_NE(desired(b.lab).contents.at("h1").files, before.files);
    EXPECT_EQ(desired(b.lab).contents.at("h1").birth, before.birth);
    h1.hostname = "other";
    EXPECT_EQ(desired(b.lab).contents.at("h1").birth, before.birth);
    EXPECT_EQ(desired(b.lab).contents.at("h1").hostname, "other");
    h1.kind = Kind::router;
    EXPECT_EQ(desired(b.lab).contents.at("h1").birth,
              "kind router, level lab, root the host's, clock the host's");
}

TEST(plan_desired, a_service_starts_anew_with_what_its_node_gives_it) {
    LabBuilder b;
    b.hosts({"h1"});
    Service service;
    service.name = "s";
    b["h1"].services = {service};
    const auto digest_of = [&] { return desired(b.lab).contents.at("h1").services.at("s"); };
    const std::string before = digest_of();
    b["h1"].env["A"] = Text{"1", {}};
    EXPECT_NE(digest_of(), before);
    // Its own value hides the node's.
    b["h1"].services[0].env["A"] = Text{"2", {}};
    const std::string own = digest_of();
    b["h1"].env["A"] = Text{"3", {}};
    EXPECT_EQ(digest_of(), own);
    b["h1"].user = "nobody";
    EXPECT_NE(digest_of(), own);
}

TEST(plan_desired, a_routing_daemon_is_new_with_what_it_reads_only_at_its_start) {
    LabBuilder b;
    b.routers({"r1"});
    Service ospfd;
    ospfd.name = "ospfd";
    ospfd.generated = true;
    b["r1"].services = {ospfd};
    b["r1"].files["/etc/frr/daemons"].content = "ospfd=yes";
    const auto before = desired(b.lab).contents.at("r1").services;
    b["r1"].files["/etc/motd"].content = "hello";
    EXPECT_EQ(desired(b.lab).contents.at("r1").services, before);
    b["r1"].files["/etc/frr/daemons"].content = "ospfd_options=-x";
    EXPECT_NE(desired(b.lab).contents.at("r1").services, before);
}

// It reads this one again when it is told to.
TEST(plan_desired, a_routing_daemon_outlives_its_main_configuration) {
    LabBuilder b;
    b.routers({"r1"});
    Service ospfd;
    ospfd.name = "ospfd";
    ospfd.generated = true;
    b["r1"].services = {ospfd};
    for (const char* path : {"/etc/frr/frr.conf", "/etc/bird/bird.conf"}) {
        b["r1"].files[path].content = "router ospf";
        const auto before = desired(b.lab).contents.at("r1");
        b["r1"].files[path].content = "router rip";
        EXPECT_EQ(desired(b.lab).contents.at("r1").services, before.services) << path;
        EXPECT_NE(desired(b.lab).contents.at("r1").files, before.files) << path;
    }
}

TEST(plan_desired, digests_differ) {
    EXPECT_EQ(digest(""), "cbf29ce484222325");
    EXPECT_EQ(digest("a"), "af63dc4c8601ec8c");
    EXPECT_NE(digest("ab"), digest("ba"));
}

}  // namespace
