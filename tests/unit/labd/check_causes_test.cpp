// Likely causes, from canned words of daemons and kernels.
#include "labd/check/all_ways.hpp"
#include "labd/check/evidence.hpp"
#include "tests/support/addresses.hpp"
#include "tests/support/resolved.hpp"
#include "tests/support/two_routers.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace labd::check;
using test::ip;
using test::lab_of;
using test::prefix;
using test::TwoRouters;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(TwoRouters, OspfAreasOfAnotherKindAndNobodyWhoLeads) {
    address("r1", "10.0.0.1/24"), address("r2", "10.0.0.2/24");
    ospf("r1", R"(,"priority":0)"), ospf("r2", R"(,"priority":0)");
    config("r1", "router ospf\n area 0.0.0.1 stub\nexit\n");
    config("r2", "router ospf\n area 0.0.0.1 nssa\nexit\n");
    EXPECT_THAT(
        causes(),
        ElementsAre("OSPF r1–r2: no adjacency (kind of area 0.0.0.1 stub vs nssa, both have "
                    "priority 0, so nobody is the designated router) on r1's eth0 and r2's "
                    "eth0"));
}

TEST_F(TwoRouters, AStubAreaOfOneOfThem) {
    address("r1", "10.0.0.1/24"), address("r2", "10.0.0.2/24");
    ospf("r1", ""), ospf("r2", "");
    says("r2", "show ip ospf interface json",
         R"({"interfaces":{"eth0":{"ospfEnabled":true,"area":"0.0.0.1 [Stub]","routerId":"r2",)"
         R"("networkType":"BROADCAST"}}})");
    config("r2", "router ospf\n area 1 stub\nexit\n");
    EXPECT_THAT(causes(), ElementsAre("OSPF r1–r2: no adjacency (r2 has area 0.0.0.1 as a stub "
                                      "area, r1 does not) on r1's eth0 and r2's eth0"));
}

TEST_F(TwoRouters, WhatIsWrongInADomainOfOspf) {
    const auto says_ospf = [&](const char* node, const char* id, const char* more) {
        says(node, "show ip ospf interface json",
             std::string(
                 R"({"interfaces":{"eth0":{"ospfEnabled":true,"area":"0.0.0.0","routerId":")") +
                 id + "\"}" + more + "}}");
    };
    const char* island = R"(,"eth1":{"ospfEnabled":true,"area":"0.0.0.2 [Stub]","routerId":"2"})";
    lab_.segments.clear();
    address("r1", "10.0.0.1/24"), address("r2", "10.0.9.2/24");
    says_ospf("r1", "1", ""), says_ospf("r2", "2", island);
    EXPECT_THAT(causes(), IsEmpty());
    says_ospf("r2", "1", "");
    EXPECT_THAT(causes(), ElementsAre("OSPF: r1 and r2 have the same router id 1"));
    says("r2", "show ip ospf interface json",
         R"({"interfaces":{"eth0":{"ospfEnabled":true,"area":"0.0.0.2","routerId":"2"}}})");
    config("r2", "router ospf\n default-information originate\nexit\n");
    EXPECT_THAT(causes(), ElementsAre("OSPF: area 0.0.0.2 is not connected to area 0 (none of its "
                                      "routers is in area 0 as well: r2)",
                                      "r2 announces no default route by OSPF, as it has none "
                                      "itself (default-information originate always)"));
    config("r2",
           "router ospf\n area 0.0.0.1 virtual-link 1.1.1.1\n default-information originate "
           "always\nexit\n");
    EXPECT_THAT(causes(), IsEmpty());
    says("r2", "nft list ruleset",
         "table inet f {\n\tchain i {\n\t\ttype filter hook input priority 0; policy accept;\n"
         "\t\tip protocol ospf drop\n\t\ttcp dport 179 drop\n\t}\n}\n");
    EXPECT_THAT(
        causes(),
        ElementsAre("nft drop at r2: chain i of table inet f: ip protocol ospf drop (OSPF)"));
}

// Where a session crosses the border of OSPF, OSPF need not.
TEST_F(TwoRouters, ABorderIsNoWireThatLacksOspf) {
    address("r1", "10.0.0.1/24"), address("r2", "10.0.0.2/24");
    ospf("r1", "");
    says("r2", "show ip ospf interface json", R"({"interfaces":{}})");
    EXPECT_THAT(causes(), ElementsAre("OSPF r1–r2: not enabled on r2's eth0 (no network or area "
                                      "statement for it)"));
    says("r1", "show bgp neighbors json",
         R"({"10.0.0.2":{"localAs":1,"remoteAs":2,"bgpState":"Established"}})");
    EXPECT_THAT(causes(), IsEmpty());
}

TEST_F(TwoRouters, WiresThatAreDownComeFirstWhereTheyAreAskedFor) {
    address("r1", "10.0.0.1/24"), address("r2", "10.0.0.2/24");
    evidence_.readings["r2"].links[0].up = false;
    config("r1",
           "ip prefix-list P seq 5 deny any\nrouter rip\n network eth0\n distribute-list "
           "prefix P in\nexit\n");
    evidence_.readings["r2"].routes.push_back(
        {prefix("10.0.9.0/24"), {{ip("10.1.1.1"), "eth1"}}, 20, 254, 189});
    const std::string down = "interface down: r2's eth0 (link r1--r2)";
    const std::string filter =
        "r1 filters 10.0.9.0/24: distribute-list prefix P in (ip "
        "prefix-list P seq 5 deny any)";
    EXPECT_THAT(causes("10.0.9.0/24"), ElementsAre(filter, down));
    evidence_.asked = {"r1"};
    EXPECT_THAT(causes("10.0.9.0/24"), ElementsAre(down, filter));
    evidence_.off_by_file = {"r1--r2"};
    EXPECT_THAT(causes("10.0.9.0/24"), ElementsAre(filter));
    EXPECT_THAT(causes(), ElementsAre(down));
}

TEST_F(TwoRouters, WhatTheCheckHasBrokenIsNoCause) {
    evidence_.readings["r2"].links[0].up = false;
    evidence_.asked = {"r1"};
    evidence_.fault.emplace();
    evidence_.fault->links = {"r1--r2"}, evidence_.fault->text = "r1--r2 down";
    EXPECT_THAT(causes(), IsEmpty());
    EXPECT_EQ(not_around(*evidence_.fault, lab_),
              "static routes do not move when a link fails (r1--r2 down)");
    lab_.nodes[0].routing = {topology::Routing::ospf};
    EXPECT_EQ(not_around(*evidence_.fault, lab_),
              "the network did not get around the fault (r1--r2 down)");
    evidence_.readings["r2"].links[0].up = true;
    evidence_.fault->kind = topology::Fault::Kind::stop, evidence_.fault->links.clear();
    evidence_.fault->node = "r2";
    evidence_.resting["r2"] = "is stopped (lab start r2)";
    says("r1", "show bgp neighbors json",
         R"({"172.16.0.1":{"localAs":1,"remoteAs":2,"bgpState":"Active"}})");
    EXPECT_THAT(causes(), IsEmpty());
}

TEST_F(TwoRouters, OspfNetworksAndSimplePasswords) {
    address("r1", "10.0.0.1/24"), address("r2", "10.0.9.2/24");
    ospf("r1", ""), ospf("r2", "");
    config("r1",
           "interface eth0\n ip ospf authentication-key a\nexit\nrouter ospf\n area 0.0.0.1 "
           "authentication\nexit\n");
    config("r2", "interface eth0\n ip ospf authentication\n ip ospf authentication-key b\nexit\n");
    EXPECT_THAT(
        causes(),
        ElementsAre("OSPF r1–r2: no adjacency (the authentication keys of r1 and r2 differ, "
                    "network 10.0.0.1/24 vs 10.0.9.2/24) on r1's eth0 and r2's eth0"));
}

TEST_F(TwoRouters, IsisSystemIdsAndPasswordsOfTheDomain) {
    const std::string both =
        "interface eth0\n ip router isis 1\nexit\nrouter isis 1\n net "
        "49.0001.0000.0000.0001.00\n is-type level-2-only\n";
    config("r1", both + " domain-password md5 x\nexit\n");
    config("r2", both + "exit\n");
    EXPECT_THAT(causes(), ElementsAre("IS-IS r1–r2: no adjacency (the same system id "
                                      "0000.0000.0001, domain password: r1 has one, r2 has none) "
                                      "on r1's eth0 and r2's eth0"));
}

TEST_F(TwoRouters, IsisAreasOfLevelOne) {
    const std::string both =
        "interface eth0\n ip router isis 1\n isis circuit-type level-1\nexit\nrouter isis 1\n net ";
    config("r1", both + "49.0001.0000.0000.0001.00\nexit\n");
    config("r2", both + "49.0002.0000.0000.0002.00\nexit\n");
    EXPECT_THAT(causes(), ElementsAre("IS-IS r1–r2: no adjacency (area of level 1 49.0001 vs "
                                      "49.0002) on r1's eth0 and r2's eth0"));
    config("r2", both + "49.0002.0000.0000.0002.00\n net 49.0001.0000.0000.0002.00\nexit\n");
    EXPECT_THAT(causes(), ElementsAre("IS-IS r1–r2: no adjacency on r1's eth0 and r2's eth0"));
}

TEST_F(TwoRouters, RipKeys) {
    const std::string rip =
        "router rip\n network 10.0.0.0/8\n version 2\nexit\ninterface eth0\n ip rip authentication "
        "mode md5\n ip rip authentication string ";
    address("r1", "10.0.0.1/24"), address("r2", "10.0.0.2/24");
    config("r1", rip + "a\nexit\n"), config("r2", rip + "b\nexit\n");
    EXPECT_THAT(causes(), ElementsAre("RIP r1–r2: no routes (authentication string of r1 and r2 "
                                      "differ)"));
}

TEST_F(TwoRouters, WhoDoesNotAnnounceItsNetwork) {
    address("r2", "10.0.7.1/24", "eth1");
    config("r2",
           "router bgp 1\n address-family ipv4 unicast\n  network 10.0.8.0/24\n "
           "exit-address-family\nexit\n");
    EXPECT_THAT(
        causes("10.0.7.0/24"),
        ElementsAre("r2 does not announce 10.0.7.0/24: BGP has no network statement for it, "
                    "only for 10.0.8.0/24"));
    EXPECT_THAT(causes("10.0.6.0/24"), IsEmpty());
    config("r2",
           "router bgp 1\n address-family ipv4 unicast\n  aggregate-address 10.0.0.0/16\n "
           "exit-address-family\nexit\n");
    EXPECT_THAT(causes("10.0.7.0/24"), IsEmpty());
}

TEST_F(TwoRouters, FiltersOfIgpsAreSaidWithTheirLine) {
    address("r1", "10.0.7.0/31"), address("r2", "10.0.7.1/31");
    address("r1", "10.0.1.1/24", "eth1");
    config("r1",
           "access-list A seq 5 deny 10.0.1.0/24\n!\nrouter rip\n network eth0\n network "
           "eth1\n distribute-list A out eth0\nexit\n");
    config("r2",
           "ip prefix-list P seq 5 permit 10.8.0.0/16\nrouter rip\n network eth0\n "
           "distribute-list prefix P in\nexit\n!\nroute-map K deny 1\nexit\nip protocol rip "
           "route-map K\n");
    EXPECT_THAT(
        causes("10.0.1.0/24"),
        ElementsAre("r1 filters 10.0.1.0/24: distribute-list A out eth0 (access-list A seq 5 "
                    "deny 10.0.1.0/24)",
                    "r2 filters 10.0.1.0/24: distribute-list prefix P in (no line of ip "
                    "prefix-list P permits it)",
                    "r2 filters 10.0.1.0/24: ip protocol rip route-map K (route-map K deny "
                    "1)"));
}

TEST_F(TwoRouters, OneProtocolThatTellsAnotherOneNothing) {
    address("r1", "10.0.7.0/31"), address("r2", "10.0.7.1/31");
    evidence_.readings["r1"].routes.push_back(
        {prefix("10.0.9.0/24"), {{ip("10.1.1.1"), "eth1"}}, 20, 254, 188});
    config("r1",
           "router ospf\nexit\nrouter bgp 65001\n address-family ipv4 unicast\n  network "
           "10.0.8.0/24\n exit-address-family\nexit\n");
    config("r2", "router bgp 65002\nexit\n");
    EXPECT_THAT(causes("10.0.9.0/24"),
                ElementsAre("r1 knows 10.0.9.0/24 by OSPF, and does not tell it by BGP (no "
                            "redistribute ospf under router bgp 65001)"));
    config("r1",
           "router ospf\nexit\nrouter bgp 65001\n address-family ipv4 unicast\n  "
           "redistribute ospf\n exit-address-family\nexit\n");
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
}

TEST_F(TwoRouters, AStaticRouteThatIsToldNobody) {
    address("r1", "10.0.7.0/31"), address("r2", "10.0.7.1/31");
    for (const auto& [protocol, word] :
         {std::pair{196, "static"}, {108, "kernel"}, {3, "kernel"}}) {  // FRR's, labd's, ip(8)'s
        evidence_.readings["r1"].routes = {{prefix("10.0.9.0/24"),
                                            {{ip("10.1.1.1"), "eth1"}},
                                            20,
                                            254,
                                            static_cast<std::uint8_t>(protocol)}};
        config("r1", "router rip\n network eth0\nexit\n");
        config("r2", "router rip\n network eth0\nexit\n");
        EXPECT_THAT(causes("10.0.9.0/24"),
                    ElementsAre(std::string("r1 knows 10.0.9.0/24 by a static route, and does not "
                                            "tell it by RIP (no redistribute ") +
                                word + " under router rip)"));
        config("r1", std::string("router rip\n network eth0\n redistribute ") + word + "\nexit\n");
        EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
    }
}

TEST_F(TwoRouters, AnAsThatHearsOfItself) {
    address("r1", "10.0.7.0/31"), address("r2", "10.0.7.1/31");
    for (const char* node : {"r1", "r2"}) config(node, "router bgp 65001\nexit\n");
    says(
        "r1", "show bgp neighbors json",
        R"({"10.0.7.1":{"localAs":65001,"remoteAs":65002,"bgpState":"Established","hostLocal":"10.0.7.0"}})");
    says(
        "r2", "show bgp ipv4 unicast json",
        R"({"routes":{"10.0.9.0/24":[{"valid":true,"bestpath":true,"pathFrom":"external","path":"65003 65001"}]}})");
    EXPECT_THAT(
        causes("10.0.9.0/24"),
        ElementsAre("r1 takes no path with its own AS 65001 in it, as \"65002 65003 65001\" "
                    "to 10.0.9.0/24 from r2 (neighbor 10.0.7.1 allowas-in)"));
    config("r1",
           "router bgp 65001\n address-family ipv4 unicast\n  neighbor 10.0.7.1 allowas-in\n");
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
}

TEST_F(TwoRouters, WhoSleepsSaysNothing) {
    evidence_.routing.erase("r2");
    evidence_.resting["r2"] = "is stopped (lab start r2)";
    EXPECT_THAT(causes(), ElementsAre("r2 is stopped (lab start r2)"));
}

TEST_F(TwoRouters, WordsThatAreNoneDoNoHarm) {
    for (const char* command : {"show ip ospf interface json", "show ipv6 ospf6 interface json",
                                "show bgp neighbors json", "show isis neighbor json",
                                "show ip rip status", "show running-config"})
        for (const char* words : {"", "{", "[1]", "{\"interfaces\":[],\"eth0\":3}", "null",
                                  "interface eth0\n ip router isis\n", "router isis \n net x\n"}) {
            says("r1", command, words), says("r2", command, words);
            (void)causes("10.0.0.0/24");
        }
}

TEST(AllWays, FollowsEveryEqualHop) {
    const topology::Lab lab = lab_of(
        "links = [[\"a\", \"b\"], [\"a\", \"c\"], [\"b\", \"d\"], [\"c\", \"d\"]]\n[nodes]\n"
        "a = \"router\"\nb = \"router\"\nc = \"router\"\nd = \"router\"\n");
    std::map<std::string, Reading> readings;
    const auto route = [](const char* to, std::vector<Reading::Hop> hops,
                          std::uint32_t metric = 20) {
        return Reading::Route{*topology::Prefix::parse(to), std::move(hops), metric};
    };
    const auto has = [&](const char* node, const char* dev, const char* address) {
        readings[node].addresses.push_back({dev, *topology::Prefix::parse(address)});
    };
    has("a", "eth0", "10.0.0.1/30"), has("b", "eth0", "10.0.0.2/30");
    has("a", "eth1", "10.0.1.1/30"), has("c", "eth0", "10.0.1.2/30");
    has("b", "eth1", "10.0.2.1/30"), has("d", "eth0", "10.0.2.2/30");
    has("c", "eth1", "10.0.3.1/30"), has("d", "eth1", "10.0.3.2/30");
    has("d", "lo", "10.9.9.9/32");
    readings["a"].routes = {
        route("10.9.9.9/32", {{ip("10.0.0.2"), "eth0"}, {ip("10.0.1.2"), "eth1"}}),
        route("10.9.9.9/32", {{ip("10.0.0.2"), "eth0"}}, 30), route("10.0.0.0/8", {})};
    readings["b"].routes = {route("10.9.9.9/32", {{ip("10.0.2.2"), "eth1"}})};
    readings["c"].routes = {route("0.0.0.0/0", {{ip("10.0.1.1"), "eth0"}})};
    bool more = false;
    const auto ways = all_ways(lab, readings, "a", ip("10.9.9.9"), 10, more);
    ASSERT_EQ(ways.size(), 2U);
    EXPECT_THAT(ways[0].nodes, ElementsAre("a", "b", "d"));
    EXPECT_TRUE(ways[0].arrived);
    EXPECT_THAT(ways[1].nodes, ElementsAre("a", "c", "a"));
    EXPECT_EQ(ways[1].lost, "goes in a circle");
    EXPECT_FALSE(more);
    EXPECT_EQ(all_ways(lab, readings, "a", ip("10.9.9.9"), 1, more).size(), 1U);
    EXPECT_TRUE(more);
    EXPECT_EQ(all_ways(lab, readings, "b", ip("192.0.2.1"), 9, more)[0].lost, "no route at b");
    EXPECT_EQ(all_ways(lab, readings, "a", ip("10.5.5.5"), 9, more)[0].lost,
              "a blackhole route at a");
}

}  // namespace
