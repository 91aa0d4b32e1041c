// Ways out of a lab: what a nat and an external node come to.
#include "tests/support/resolved.hpp"
#include "topology/masquerade.hpp"
#include "topology/plan.hpp"
#include "topology/plan_parts.hpp"
#include "topology/stages.hpp"
#include "topology/uplink.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;
using test::lab_of;
using test::resolve;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string defaults_of(const Lab& lab, const std::string& node) {
    std::string out;
    for (const Route& route : lab.find(node)->routes)
        if (route.destination.is_default())
            out += route.hops.at(0).via->text() + " " + route.hops.at(0).dev + "\n";
    return out;
}

bool knows(const Lab& lab, const std::string& node, const Prefix& network) {
    for (const Route& route : lab.find(node)->routes)
        if (!route.destination.is_default() && route.destination.contains(network.ip)) return true;
    return false;
}

constexpr const char* way_out = R"(
links = [["h1", "r2"], ["r2", "r1"], ["r1", "net"]]
[nodes]
h1 = "host"
"r[1-2]" = "router"
net = "nat"
)";

TEST(outside, everybody_is_routed_to_the_nat) {
    const Lab lab = lab_of(way_out);
    const Interface* uplink = nullptr;
    for (const Interface& interface : lab.find("net")->interfaces)
        if (interface.kind == DeviceKind::uplink) uplink = &interface;
    ASSERT_TRUE(uplink);
    ASSERT_THAT(uplink->addresses, SizeIs(2));
    EXPECT_THAT(uplink->addresses[0].text(), testing::MatchesRegex("100\\..*/31"));
    EXPECT_EQ(uplink->addresses[0].ip.bytes[1] & 0xc0, 64) << "within 100.64.0.0/10";
    EXPECT_THAT(uplink->addresses[1].text(), testing::MatchesRegex("fd6c:6162:6400:.*/127"));
    for (const Prefix& address : uplink->addresses) {
        EXPECT_NE(host_end(address).ip, address.ip);
        EXPECT_TRUE(address.contains(host_end(address).ip));
    }
    EXPECT_EQ(defaults_of(lab, "net"), host_end(uplink->addresses[0]).ip.text() + " uplink\n" +
                                           host_end(uplink->addresses[1]).ip.text() + " uplink\n");
    EXPECT_EQ(defaults_of(lab, "r2"), "172.16.0.1 eth1\nfd00:0:1::1 eth1\n");
    EXPECT_THAT(defaults_of(lab, "h1"), HasSubstr("10.0.1.1"));
    EXPECT_TRUE(knows(lab, "net", *lab.segments[0].ipv4)) << "and it finds back";
    EXPECT_THAT(nft_ruleset(lab, *lab.find("net")), HasSubstr("oifname \"uplink\" masquerade"));
}

TEST(outside, other_labs_have_other_uplinks) {
    EXPECT_NE(uplink_addresses("a", "net"), uplink_addresses("b", "net"));
    EXPECT_NE(uplink_addresses("a", "n1"), uplink_addresses("a", "n2"));
    EXPECT_EQ(uplink_addresses("a", "net"), uplink_addresses("a", "net"));
}

TEST(outside, a_nat_finds_back_through_routers_of_any_protocol) {
    std::string text = way_out;
    text.replace(text.find("\"router\""), 8, "{ kind = \"router\", routing = \"ospf\" }");
    const Lab lab = lab_of(text);
    EXPECT_TRUE(knows(lab, "net", *lab.segments[0].ipv4));
    EXPECT_THAT(defaults_of(lab, "r1"), HasSubstr("eth1")) << "who is beside it has its way";
    EXPECT_EQ(defaults_of(lab, "r2"), "") << "and the others hear of it";
    const auto said = [&](const char* node) {
        return lab.find(node)->files.at("/etc/frr/frr.conf").content;
    };
    EXPECT_THAT(said("r1"), HasSubstr("default-information originate"));
    EXPECT_THAT(said("r2"), testing::Not(HasSubstr("default-information")));
}

TEST(outside, a_host_that_cannot_forward_ipv6_ends_it) {
    const Lab lab = lab_of(way_out);
    BackEnds kernel;
    kernel.uplink_ipv6 = false;
    const auto defaults = [](const State& state) {
        std::size_t count = 0;
        for (const auto& [key, route] : state.spaces.at("net").routes)
            count += key.destination.is_default() ? 1U : 0U;
        return count;
    };
    EXPECT_EQ(defaults(desired(lab)), 2U);
    EXPECT_EQ(defaults(desired(lab, kernel)), 1U);
}

TEST(outside, the_resolved_form_says_the_same) {
    for (const char* text :
         {way_out,
          "links = [[\"x\", \"r1:wan 10.7.0.1/24\"], [\"r1\", \"h1\"]]\n[nodes]\n"
          "x = { kind = \"external\", device = \"eth7\" }\nr1 = \"router\"\n"
          "h1 = \"host\"\n"}) {
        const Lab lab = lab_of(text);
        const std::string resolved = resolved_toml(lab);
        const Lab again = lab_of(resolved);
        EXPECT_THAT(plan(desired(again), desired(lab)), IsEmpty()) << resolved;
        EXPECT_EQ(resolved_toml(again), resolved);
    }
}

constexpr const char* borrowed = R"(
links = [["x", "sw"], ["sw", "h1"], ["y", "h1:out 10.7.0.1/24"]]
[nodes]
x  = { kind = "external", device = "eth7" }
y  = { kind = "external", device = "br-lab" }
sw = { kind = "switch", prefix = "10.1.0.0/24" }
h1 = "host"
)";

TEST(outside, the_other_end_of_an_external_is_the_hosts_interface) {
    const State wish = desired(lab_of(borrowed));
    EXPECT_FALSE(wish.spaces.contains("x")) << "it is a name for what is outside";
    EXPECT_FALSE(wish.contents.contains("x"));
    const Device& port = wish.spaces.at("sw").devices.at("eth0");
    EXPECT_EQ(port.kind, DeviceKind::external);
    EXPECT_EQ(port.settings.outside, "eth7");
    EXPECT_EQ(port.master, "br0");
    EXPECT_EQ(port.mac, Mac{}) << "its own";
    EXPECT_EQ(wish.spaces.at("h1").devices.at("out").settings.outside, "br-lab");
    EXPECT_EQ(wish.spaces.at("h1").devices.at("eth0").kind, DeviceKind::veth);
}

TEST(outside, what_the_interface_has_of_its_own_is_no_difference) {
    const State wish = desired(lab_of(borrowed));
    State seen = wish;
    Device& port = seen.spaces.at("sw").devices.at("eth0");
    port.mac = mac_of("hardware");
    port.mtu = 9000;
    EXPECT_THAT(plan(wish, seen), IsEmpty());
    port.up = false;
    EXPECT_THAT(plan(wish, seen), SizeIs(1));
    port.up = true;
    port.settings.outside = "eth8";
    EXPECT_THAT(plan(wish, seen), SizeIs(2)) << "given back, and the right one taken";
}

TEST(outside, a_node_that_starts_again_takes_its_ways_along) {
    State seen = desired(lab_of(way_out));
    const State woken = awakened(seen, {"net"});
    EXPECT_TRUE(woken.spaces.at("net").devices.contains("uplink"));
}

struct Wrong {
    const char *text, *words;
};

TEST(outside, mistakes_are_told) {
    for (const Wrong& wrong : {
             Wrong{"links=[[\"x\",\"h1\"]]\n[nodes]\nx = \"external\"\nh1 = \"host\"\n",
                   "does not say which interface"},
             Wrong{
                 "links=[[\"x\",\"h1\"]]\n[nodes]\n"
                 "x = { kind = \"external\", device = \"much-too-long-a-name\" }\nh1 = \"host\"\n",
                 "15"},
             Wrong{"links=[[\"x\",\"h1\"],[\"y\",\"h1\"]]\n[nodes]\nh1 = \"host\"\n"
                   "\"[x,y]\" = { kind = \"external\", device = \"eth7\" }\n",
                   "eth7 is x already"},
             Wrong{"links=[[\"x\",\"y\"]]\n[nodes]\n"
                   "x = { kind = \"external\", device = \"eth7\" }\n"
                   "y = { kind = \"external\", device = \"eth8\" }\n",
                   "both outside"},
             Wrong{"links=[[\"x\",\"h1\",\"h2\"]]\n[nodes]\n\"h[1-2]\" = \"host\"\n"
                   "x = { kind = \"external\", device = \"eth7\" }\n",
                   "one link to one node"},
             Wrong{"links=[{endpoints=[\"x\",\"h1\"], loss=\"1%\"}]\n[nodes]\nh1 = \"host\"\n"
                   "x = { kind = \"external\", device = \"eth7\" }\n",
                   "impairs nothing"},
             Wrong{"links=[[\"x\",\"h1\"]]\n[nodes]\nh1 = \"host\"\n"
                   "x = { kind = \"external\", device = \"eth7\", exec = [\"true\"] }\n",
                   "has no \"exec\""},
             Wrong{"links=[[\"n:uplink\",\"h1\"]]\n[nodes]\nh1 = \"host\"\nn = \"nat\"\n",
                   "interface \"uplink\""},
             Wrong{"links=[[\"n\",\"h1\"]]\n[nodes]\nh1 = \"host\"\n"
                   "n = { kind = \"nat\", routing = \"bgp\", asn = 7 }\n",
                   "does not route"},
         }) {
        const Resolved resolved = resolve(wrong.text);
        EXPECT_TRUE(resolved.diagnostics.failed()) << wrong.text;
        EXPECT_THAT(render(resolved.diagnostics.all(), resolved.sources, false),
                    HasSubstr(wrong.words));
    }
}

}  // namespace
