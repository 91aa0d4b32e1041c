// VLANs: who hears whom, which interfaces follow, and what bridges and ports are told.
#include "tests/support/resolved.hpp"
#include "topology/plan.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;
using test::lab_of;
using test::resolve;

std::string codes(const std::string& text) {
    std::string out;
    const Resolved resolved = resolve(text);
    for (const Diagnostic& d : resolved.diagnostics.all())
        if (d.severity == Severity::error) out += (out.empty() ? "" : " ") + d.code;
    return out;
}

// "h1:eth0 s1:vlan10" of each segment.
std::vector<std::string> segments(const Lab& lab) {
    std::vector<std::string> out;
    for (const Segment& segment : lab.segments) {
        std::string ends;
        for (const End& end : segment.ends)
            ends += (ends.empty() ? "" : " ") + lab.nodes[end.node].name + ":" + lab.at(end).name;
        out.push_back(ends);
    }
    return out;
}

const Interface& at(const Lab& lab, const std::string& node, const std::string& name) {
    for (const Interface& interface : lab.find(node)->interfaces)
        if (interface.name == name) return interface;
    throw std::out_of_range(node + " has no " + name);
}

std::string addresses(const Lab& lab, const std::string& node, const std::string& name) {
    std::string out;
    for (const Prefix& address : at(lab, node, name).addresses)
        out += (out.empty() ? "" : " ") + address.text();
    return out;
}

constexpr const char* campus = R"(
links = [
  { endpoints = ["h1", "s1"], vlan = "red" }, { endpoints = ["h2", "s2"], vlan = "red" },
  { endpoints = ["h3", "s1"], vlan = "blue" },
  { endpoints = ["s1", "s2"], vlans = ["red", "blue"] },
  { endpoints = ["s2", "srv"], vlans = ["red"], native = "blue" },
  ["h4", "s2"],
]
[vlans]
red  = { id = 10, prefix = ["172.16.10.0/24", "fd10:10::/64"] }
blue = 20
[nodes]
"h[1-4]" = "host"
srv      = "host"
s1       = { kind = "switch", svi = ["red", "blue"] }
s2       = "switch"
)";

TEST(vlans, ends_of_one_vlan_hear_each_other_across_trunks) {
    const Lab lab = lab_of(campus);
    EXPECT_THAT(segments(lab), testing::ElementsAre("h1:eth0 h2:eth0 srv:eth0.10 s1:vlan10",
                                                    "h3:eth0 srv:eth0 s1:vlan20", "h4:eth0"));
    EXPECT_EQ(lab.segments[0].switches.size(), 2U);
}

TEST(vlans, addresses_come_from_the_vlan_and_its_router_is_the_switch) {
    const Lab lab = lab_of(campus);
    EXPECT_EQ(addresses(lab, "s1", "vlan10"), "172.16.10.1/24 fd10:10::1/64");
    EXPECT_EQ(addresses(lab, "h1", "eth0"), "172.16.10.11/24 fd10:10::11/64");
    EXPECT_EQ(addresses(lab, "srv", "eth0.10"), "172.16.10.13/24 fd10:10::13/64");
    EXPECT_EQ(addresses(lab, "s1", "vlan20"), "10.0.1.1/24 fd00:0:0:1::1/64");
    const std::vector<Route>& routes = lab.find("h3")->routes;
    ASSERT_EQ(routes.size(), 2U);
    EXPECT_EQ(routes[0].hops[0].via->text(), "10.0.1.1");
    EXPECT_TRUE(lab.find("s1")->forwards());
    EXPECT_FALSE(lab.find("s2")->forwards());
}

TEST(vlans, bridges_and_ports_are_told_theirs) {
    const State wish = desired(lab_of(campus));
    const auto& s1 = wish.spaces.at("s1").devices;
    EXPECT_TRUE(s1.at("br0").vlan_filtering);
    EXPECT_EQ(s1.at("br0").vlans, (PortVlans{{10, {}}, {20, {}}}));
    EXPECT_EQ(s1.at("eth0").vlans, (PortVlans{{10, {true, true}}}));
    EXPECT_EQ(s1.at("eth2").vlans, (PortVlans{{10, {}}, {20, {}}}));
    EXPECT_EQ(s1.at("vlan10").settings.lower, "br0");
    EXPECT_EQ(s1.at("vlan10").mac, s1.at("br0").mac);
    EXPECT_TRUE(s1.at("vlan10").master.empty());
    const auto& s2 = wish.spaces.at("s2").devices;
    EXPECT_TRUE(s2.at("br0").vlans.empty());
    EXPECT_EQ(s2.at("eth2").vlans, (PortVlans{{10, {}}, {20, {true, true}}}));
    EXPECT_EQ(s2.at("eth3").vlans, (PortVlans{{1, {true, true}}})) << "of nothing said: VLAN 1";
    const Device& below = wish.spaces.at("srv").devices.at("eth0.10");
    EXPECT_EQ(below.kind, DeviceKind::vlan);
    EXPECT_EQ(below.settings.id, 10U);
    EXPECT_EQ(below.settings.lower, "eth0");
    EXPECT_EQ(wish.spaces.at("s1").kind, Space::Kind::node);
    EXPECT_EQ(wish.spaces.at("s2").kind, Space::Kind::bridge);
}

TEST(vlans, a_router_on_a_stick_routes_between_its_subinterfaces) {
    const Lab lab = lab_of(R"(
links = [{ endpoints = ["h1", "sw"], vlan = 10 }, { endpoints = ["h2", "sw"], vlan = 20 },
         { endpoints = ["sw", "r1"], vlans = [10, 20] }]
[nodes]
"h[1-2]" = "host"
sw = "switch"
r1 = { kind = "router", interfaces = { "eth0.20" = { addresses = "10.7.0.1/24" } } }
)");
    EXPECT_EQ(addresses(lab, "r1", "eth0.10"), "10.0.1.1/24 fd00:0:0:1::1/64");
    EXPECT_EQ(addresses(lab, "h2", "eth0"), "10.7.0.11/24 fd00:0:0:2::11/64");
    EXPECT_EQ(addresses(lab, "r1", "eth0"), "") << "nothing goes there without a tag";
    EXPECT_EQ(at(lab, "r1", "eth0").segment, npos);
}

TEST(vlans, a_switch_that_knows_none_lets_tags_pass) {
    const Lab lab = lab_of(R"(
links = [{ endpoints = ["r1", "hub"], vlans = [5] }, { endpoints = ["hub", "r2"], vlans = [5] }]
[nodes]
hub = "hub"
"r[1-2]" = "router"
)");
    EXPECT_THAT(segments(lab), testing::Contains("r1:eth0.5 r2:eth0.5"));
}

TEST(vlans, loops_are_looked_for_vlan_by_vlan) {
    const std::string two = "[nodes]\n\"s[1-2]\" = \"switch\"\n";
    EXPECT_EQ(codes("links = [{ endpoints = [\"s1\",\"s2\"], vlan = 10 }, { endpoints = "
                    "[\"s1\",\"s2\"], vlan = 20 }]\n" +
                    two),
              "");
    EXPECT_EQ(codes("links = [{ endpoints = [\"s1\",\"s2\"], vlans = [10, 20] }, { endpoints = "
                    "[\"s1\",\"s2\"], vlans = [20, 10] }]\n" +
                    two),
              "D59");
}

TEST(vlans, a_trunk_is_no_single_network) {
    EXPECT_EQ(codes("links = [{ endpoints = [\"s1\",\"s2\"], vlans = [10, 20], prefix = "
                    "\"10.1.0.0/24\" }]\n[nodes]\n\"s[1-2]\" = \"switch\"\n"),
              "D32");
    EXPECT_EQ(
        codes("links = [{ endpoints = [\"h1\",\"s1\"], vlan = 10 }, [\"h2\", \"s1\"]]\n[nodes]\n"
              "\"h[1-2]\" = \"host\"\ns1 = { kind = \"switch\", prefix = \"10.1.0.0/24\" }\n"),
        "D32");
}

TEST(vlans, an_edit_of_vlans_touches_nothing_else) {
    const State before = desired(lab_of(campus));
    std::string text = campus;
    text.replace(text.find("vlan = \"blue\""), 13, "vlan = \"red\" ");
    const std::vector<Step> steps = plan(desired(lab_of(text)), before);
    std::size_t devices = 0;
    for (const Step& step : steps) {
        EXPECT_FALSE(std::holds_alternative<CreateVeth>(step));
        EXPECT_FALSE(std::holds_alternative<RemoveVeth>(step));
        if (std::holds_alternative<ChangeDevice>(step)) {
            ++devices;
            EXPECT_EQ(describe(step).detail, "vlans 20 untagged → 10 untagged");
        }
    }
    EXPECT_EQ(devices, 1U);
}

// What stands on a cable goes before it and comes after it.
TEST(vlans, a_subinterface_goes_and_comes_with_its_trunk) {
    const State wish = desired(lab_of(campus));
    State seen = wish;
    seen.spaces.at("srv").devices.at("eth0").index = 7;
    const std::vector<Step> steps = plan(wish, seen);
    std::vector<std::string> order;
    for (const Step& step : steps) {
        const Action said = describe(step);
        if (said.kind == "device" || said.kind == "link")
            order.push_back(said.op + " " + said.kind);
    }
    EXPECT_THAT(order, testing::ElementsAre("delete device", "delete link", "create link",
                                            "create device"));
}

TEST(ports, are_told_what_the_file_says_and_defaults_say_nothing) {
    const State wish = desired(lab_of(R"(
links = [{ endpoints = ["h1", "sw"], b = { port = { isolated = true, learning = false, hairpin = true, guard = true, cost = 2, priority = 8 } } }]
[nodes]
h1 = "host"
sw = { kind = "switch", stp = true }
)"));
    const PortOptions& port = wish.spaces.at("sw").devices.at("eth0").port;
    EXPECT_TRUE(port.isolated && !port.learning && port.hairpin && port.guard);
    EXPECT_FALSE(port.cost) << "the kernel's own choice";
    EXPECT_EQ(port.priority, 8);
}

}  // namespace
