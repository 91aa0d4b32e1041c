// Bonds of links, devices inside nodes, and VRFs.
#include "tests/support/resolved.hpp"
#include "topology/numbering.hpp"
#include "topology/plan.hpp"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;
using test::lab_of;

const Device& device(const State& state, const std::string& node, const std::string& name) {
    return state.spaces.at(node).devices.at(name);
}

std::vector<std::string> created(const State& wish) {
    std::vector<std::string> out;
    for (const Step& step : plan(wish, State{}))
        if (const auto* made = std::get_if<CreateDevice>(&step))
            out.push_back(made->space + ":" + made->device.name);
        else if (const auto* cable = std::get_if<CreateVeth>(&step))
            out.push_back(cable->space + ":" + cable->device.name);
    return out;
}

TEST(bonds, links_become_members_and_the_bond_has_the_addresses) {
    const Lab lab = lab_of(R"(
links = [{ endpoints = ["r1:trunk 10.9.0.1/24", "r2"], count = 2, bond = "802.3ad" }, ["r1", "h1"]]
[nodes]
"r[1-2]" = "router"
h1 = "host"
)");
    const State wish = desired(lab);
    EXPECT_EQ(device(wish, "r1", "trunk").kind, DeviceKind::bond);
    EXPECT_EQ(device(wish, "r1", "trunk").settings.mode, "802.3ad");
    for (const char* member : {"eth0", "eth1"}) {
        EXPECT_EQ(device(wish, "r1", member).master, "trunk");
        EXPECT_EQ(device(wish, "r1", member).mac, device(wish, "r1", "trunk").mac);
        EXPECT_FALSE(wish.spaces.at("r1").addresses.contains(member));
        EXPECT_EQ(device(wish, "r2", member).master, "bond0");
    }
    EXPECT_TRUE(wish.spaces.at("r1").addresses.at("trunk").contains(*Prefix::parse("10.9.0.1/24")));
    EXPECT_TRUE(wish.spaces.at("r2").addresses.contains("bond0"));
    ASSERT_EQ(lab.segments.size(), 2U);
    EXPECT_EQ(lab.segments[0].ends.size(), 2U);
    // A master is there before what belongs to it.
    const std::vector<std::string> order = created(wish);
    const auto place = [&](const char* name) {
        return std::find(order.begin(), order.end(), name) - order.begin();
    };
    EXPECT_LT(place("r1:trunk"), place("r1:eth0"));
}

TEST(bonds, of_a_switch_are_ports_with_vlans) {
    const State wish = desired(lab_of(R"(
links = [{ endpoints = ["s1", "s2"], vlans = [10, 20], count = 2, bond = "active-backup" },
         { endpoints = ["h1", "s1"], vlan = 10 }, { endpoints = ["h2", "s2"], vlan = 10 }]
[nodes]
"s[1-2]" = "switch"
"h[1-2]" = "host"
)"));
    EXPECT_EQ(device(wish, "s1", "bond0").master, "br0");
    EXPECT_EQ(device(wish, "s1", "bond0").vlans, (PortVlans{{10, {}}, {20, {}}}));
    EXPECT_EQ(device(wish, "s1", "eth0").master, "bond0");
    EXPECT_TRUE(device(wish, "s1", "eth0").vlans.empty());
}

// `lab link rm` of its first member.
TEST(bonds, keep_their_name_when_a_link_is_taken_out) {
    const std::string text = R"(
links = [{ endpoints = ["r1:trunk", "r2"], count = 2, bond = "802.3ad" }]
[nodes]
"r[1-2]" = "router"
)";
    Numbering running = numbering_of(lab_of(text));
    running.links.erase(running.links.begin());
    running.gone = {0};
    test::MemoryFiles files;
    files.add("x.lab.toml", text);
    ResolveOptions options;
    options.running = &running;
    const Resolved resolved = topology::resolve(files, "x.lab.toml", options);
    ASSERT_FALSE(resolved.diagnostics.failed());
    const State wish = desired(resolved.lab);
    EXPECT_EQ(device(wish, "r1", "eth1").master, "trunk");
    EXPECT_EQ(device(wish, "r2", "eth1").master, "bond0");
    EXPECT_FALSE(wish.spaces.at("r1").devices.contains("eth0"));
}

constexpr const char* leaf = R"(
links = [["r1:up", "r2"], ["r1:srv", "h1"]]
[nodes]
r2 = "router"
h1 = { interfaces = { "eth0.10" = { type = "vlan", parent = "eth0", id = 10, addresses = "10.1.10.1/24" } } }
[nodes.r1]
kind = "router"
loopback = "192.168.0.1/32"
[nodes.r1.interfaces]
vtep10 = { type = "vxlan", id = 5010, local = "lo", learning = false }
br0 = { type = "bridge", vlan-filtering = true, ports = { vtep10 = { vlan = 10 }, srv = { vlans = [10] } } }
d0 = { type = "dummy", addresses = "10.2.0.1/24" }
m0 = { type = "macvlan", parent = "up", mode = "vepa" }
i0 = { type = "ipvlan", parent = "d0" }
)";

TEST(inner_devices, are_made_as_they_are_written) {
    const State wish = desired(lab_of(leaf));
    const Device& vtep = device(wish, "r1", "vtep10");
    EXPECT_EQ(vtep.settings.local->text(), "192.168.0.1");
    EXPECT_EQ(vtep.settings.id, 5010U);
    EXPECT_EQ(vtep.settings.udp_port, 4789);
    EXPECT_FALSE(vtep.settings.learning);
    EXPECT_EQ(vtep.mtu, 1450U);
    EXPECT_EQ(vtep.master, "br0");
    EXPECT_EQ(vtep.vlans, (PortVlans{{10, {true, true}}}));
    EXPECT_EQ(device(wish, "r1", "srv").vlans, (PortVlans{{10, {}}}));
    EXPECT_FALSE(wish.spaces.at("r1").addresses.contains("srv")) << "a port of a bridge";
    EXPECT_TRUE(device(wish, "r1", "br0").vlan_filtering);
    EXPECT_EQ(device(wish, "r1", "br0").mtu, 1450U);
    EXPECT_EQ(device(wish, "r1", "m0").settings.mode, "vepa");
    EXPECT_EQ(device(wish, "r1", "i0").settings.mode, "l2");
    EXPECT_EQ(device(wish, "r1", "i0").mac, device(wish, "r1", "d0").mac);
    EXPECT_EQ(device(wish, "h1", "eth0.10").mac, device(wish, "h1", "eth0").mac);
    EXPECT_TRUE(wish.spaces.at("r1").addresses.at("d0").contains(*Prefix::parse("10.2.0.1/24")));
}

TEST(inner_devices, come_after_what_they_stand_on) {
    const std::vector<std::string> order = created(desired(lab_of(leaf)));
    const auto place = [&](const char* name) {
        return std::find(order.begin(), order.end(), name) - order.begin();
    };
    EXPECT_LT(place("r1:br0"), place("r1:vtep10"));
    EXPECT_LT(place("r1:up"), place("r1:m0"));
    EXPECT_LT(place("r1:d0"), place("r1:i0"));
}

TEST(inner_devices, that_are_told_otherwise_are_others) {
    std::string text = leaf;
    text.replace(text.find("id = 5010"), 9, "id = 5011");
    std::vector<std::string> said;
    for (const Step& step : plan(desired(lab_of(text)), desired(lab_of(leaf)))) {
        const Action action = describe(step);
        said.push_back(action.op + " " + action.kind + " " + action.name + " " + action.detail);
    }
    EXPECT_THAT(said, testing::ElementsAre("delete device r1:vtep10 vxlan 5010 from 192.168.0.1",
                                           "create device r1:vtep10 vxlan 5011 from 192.168.0.1"));
}

constexpr const char* customers = R"(
links = [
  ["ce[1-2]:pe", "pe1"], ["pe1:core", "pe2:core"],
  { endpoints = ["pe1:side", "pe2:side"], vrf = "red" },
  { endpoints = ["pe2", "h1 10.5.0.2/24"], a = { vrf = "red", addresses = "10.5.0.1/24" } },
  { endpoints = ["pe2", "h2 10.5.0.2/24"], a = { addresses = "10.5.0.1/24" }, private = true },
]
[nodes]
"ce[1-2]" = "router"
pe1 = { kind = "router", vrfs = ["red"], interfaces = { eth0 = { vrf = "red" } }, routes = ["10.77.0.0/16 vrf red via pe2"] }
pe2 = { kind = "router", vrfs = { blue = {}, red = { table = 50 } } }
"h[1-2]" = "host"
)";

std::string routes(const State& state, const std::string& node, std::uint32_t table) {
    std::string out;
    for (const auto& [key, route] : state.spaces.at(node).routes)
        if (key.table == table && key.destination.ip.family == Family::ipv4) {
            out += key.destination.text();
            for (const Route::Hop& hop : route.hops) out += " " + hop.dev;
            out += "\n";
        }
    return out;
}

TEST(vrfs, have_a_device_a_table_and_their_interfaces) {
    const State wish = desired(lab_of(customers));
    EXPECT_EQ(device(wish, "pe1", "red").kind, DeviceKind::vrf);
    EXPECT_EQ(device(wish, "pe1", "red").settings.id, 1001U);
    EXPECT_EQ(device(wish, "pe2", "blue").settings.id, 1001U);
    EXPECT_EQ(device(wish, "pe2", "red").settings.id, 50U);
    EXPECT_EQ(device(wish, "pe1", "eth0").master, "red");
    EXPECT_EQ(device(wish, "pe1", "core").master, "");
    EXPECT_FALSE(device(wish, "pe1", "eth0").quiet) << "it routes";
}

TEST(vrfs, are_routers_of_their_own) {
    const State wish = desired(lab_of(customers));
    // ce1 is in the VRF, ce2 is not; where nothing is known it ends.
    const std::string red = routes(wish, "pe1", 1001), main = routes(wish, "pe1", 254);
    EXPECT_THAT(red, testing::HasSubstr("10.5.0.0/24 side\n"));
    EXPECT_THAT(red, testing::HasSubstr("10.77.0.0/16 side\n"));
    EXPECT_THAT(red, testing::HasSubstr("0.0.0.0/0\n"));
    EXPECT_THAT(main, testing::Not(testing::HasSubstr("10.5.0.0/24")));
    EXPECT_THAT(routes(wish, "ce1", 254), testing::HasSubstr("10.5.0.0/24 pe\n"));
    EXPECT_THAT(routes(wish, "ce2", 254), testing::Not(testing::HasSubstr("10.5.0.0/24")));
}

TEST(vrfs, have_an_ospf_of_their_own) {
    const Lab lab = lab_of(R"(
links = [["r1", "r2"], { endpoints = ["r1", "r2"], vrf = "red" }]
[defaults.node]
routing = "ospf"
vrfs = ["red"]
[nodes]
"r[1-2]" = "router"
)");
    const std::string& text = lab.find("r1")->files.at("/etc/frr/frr.conf").content;
    EXPECT_THAT(text, testing::HasSubstr("\nrouter ospf\n"));
    EXPECT_THAT(text, testing::HasSubstr("\nrouter ospf vrf red\n"));
    EXPECT_THAT(text, testing::HasSubstr("\nrouter ospf6 vrf red\n"));
}

}  // namespace
