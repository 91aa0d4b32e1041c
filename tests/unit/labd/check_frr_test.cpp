// Configurations of FRR, from canned words: their sections and filters, and what routers speak.
#include "labd/check/evidence.hpp"
#include "labd/check/frr_config.hpp"
#include "labd/check/frr_filter.hpp"
#include "tests/support/addresses.hpp"
#include "tests/support/resolved.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace labd::check;
using test::lab_of;
using test::prefix;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(FrrConfig, ReadsSectionsAndFamilies) {
    const FrrConfig config(
        "Building configuration...\n\nfrr version 8.4.4\n!\ninterface eth0\n ip ospf area 0\n"
        " ip ospf authentication\nexit\n!\nrouter bgp 65001 vrf red\n bgp router-id 9.9.9.9\nexit\n"
        "router bgp 65001\n neighbor 10.0.0.2 remote-as 65002\n !\n address-family ipv4 unicast\n"
        "  network 10.1.0.0/16\n  network 10.2.0.0/16\n exit-address-family\n"
        " timers bgp 3 9\nexit\nend\n");
    const auto& lines = config.section("interface eth0");
    EXPECT_EQ(FrrConfig::value(lines, "ip ospf area"), "0");
    EXPECT_EQ(FrrConfig::value(lines, "ip ospf authentication"), "");
    EXPECT_EQ(FrrConfig::value(lines, "ip ospf auth"), std::nullopt);
    EXPECT_EQ(config.find("router bgp"), "router bgp 65001");
    EXPECT_THAT(FrrConfig::values(config.section("router bgp 65001/ipv4 unicast"), "network"),
                ElementsAre("10.1.0.0/16", "10.2.0.0/16"));
    EXPECT_EQ(FrrConfig::value(config.section("router bgp 65001"), "timers bgp"), "3 9");
    EXPECT_EQ(config.find("router isis"), "");
    EXPECT_THAT(config.section("router isis"), IsEmpty());
}

TEST(FrrFilter, ListsAndMapsDecideByTheirFirstLineThatMatches) {
    using Fate = Filtered::Fate;
    const FrrConfig config(
        "!\naccess-list A seq 5 deny 10.0.2.0/24\naccess-list A seq 10 permit any\n!\n"
        "ip prefix-list P seq 5 deny 10.0.0.0/8 ge 24 le 25\nip prefix-list P seq 10 permit any\n"
        "ip prefix-list ONE seq 5 permit 10.9.0.0/16\nipv6 prefix-list P seq 5 permit fd00::/8 le "
        "64\n!\nroute-map M permit 20\nexit\n!\nroute-map M deny 3\n match ip address "
        "prefix-list ONE\nexit\n!\nroute-map C permit 10\n match community X\nexit\n!\nroute-map "
        "T permit 10\n match ip address A\nexit\nend\n");
    const auto two = prefix("10.0.2.0/24"), nine = prefix("10.9.0.0/16");
    EXPECT_EQ(by_prefix_list(config, "P", two).line,
              "ip prefix-list P seq 5 deny 10.0.0.0/8 ge 24 le 25");
    EXPECT_EQ(by_prefix_list(config, "P", two).fate, Fate::stays);
    EXPECT_EQ(by_prefix_list(config, "P", nine).fate, Fate::passes);
    EXPECT_EQ(by_prefix_list(config, "P", prefix("fd00:2::/64")).fate, Fate::passes);
    EXPECT_EQ(by_prefix_list(config, "ONE", two).line, "no line of ip prefix-list ONE permits it");
    EXPECT_EQ(by_prefix_list(config, "NONE", two).line, "ip prefix-list NONE is not there");
    EXPECT_EQ(by_access_list(config, "A", two).line, "access-list A seq 5 deny 10.0.2.0/24");
    EXPECT_EQ(by_access_list(config, "A", nine).fate, Fate::passes);
    EXPECT_EQ(by_route_map(config, "M", nine).line, "route-map M deny 3");
    EXPECT_EQ(by_route_map(config, "M", two).fate, Fate::passes);
    EXPECT_EQ(by_route_map(config, "T", two).line, "no entry of route-map T permits it");
    EXPECT_EQ(by_route_map(config, "T", nine).fate, Fate::passes);
    EXPECT_EQ(by_route_map(config, "C", two).fate, Fate::unknown);
    EXPECT_EQ(by_route_map(config, "NONE", two).line, "route-map NONE is not there");
}

// A configuration of its own says what a router speaks; of BIRD no daemon of FRR tells.
TEST(Unspoken, LooksAtWhatIsConfigured) {
    const topology::Lab lab = lab_of(
        "links = [[\"r1\", \"r2\"], [\"r2\", \"r3\"]]\n[nodes]\n"
        "\"r[1-2]\" = { kind = \"router\", files = { \"/etc/frr/frr.conf\" = { text = \"!\" } } }\n"
        "r3 = { kind = \"router\", files = { \"/etc/bird/bird.conf\" = { text = \"#\" } } }\n");
    Evidence evidence;
    for (const char* name : {"r1", "r2"})
        evidence.routing[name]["show running-config"] = "router ospf\nexit\n";
    topology::Check check;
    topology::subject::Neighbors asked;
    const auto told = [&](const char* node, topology::Protocol protocol) {
        asked.nodes = {node}, asked.protocol = protocol;
        check.subject = asked;
        return unspoken(check, evidence, lab);
    };
    using topology::Protocol;
    EXPECT_THAT(told("r1", Protocol::ospf),
                ElementsAre("as they are configured, those beside r1 that speak OSPF are r2"));
    EXPECT_THAT(told("r1", Protocol::isis), ElementsAre("r1 does not speak IS-IS"));
    EXPECT_THAT(told("r3", Protocol::ospf),
                ElementsAre("r3 runs BIRD, and this check asks FRR (route = { node = \"r3\", … } "
                            "asks the kernel)"));
    evidence.routing.erase("r1");
    EXPECT_THAT(told("r1", Protocol::ospf), IsEmpty());
}

}  // namespace
