// Likely causes, from canned words of daemons and kernels.
#include "labd/check/all_ways.hpp"
#include "labd/check/evidence.hpp"
#include "labd/check/frr_config.hpp"
#include "labd/check/frr_filter.hpp"
#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace labd::check;
using testing::ElementsAre;
using testing::IsEmpty;

topology::Ip ip(const char* text) {
    return *topology::Ip::parse(text);
}

topology::Lab lab_from(const std::string& text) {
    test::MemoryFiles files;
    files.add("t.lab.toml", text);
    topology::Resolved resolved = topology::resolve(files, "t.lab.toml");
    EXPECT_FALSE(resolved.diagnostics.failed())
        << topology::render(resolved.diagnostics.all(), resolved.sources, false);
    return resolved.lab;
}

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

// r1 and r2 on one wire, what their daemons say of it.
class TwoRouters : public testing::Test {
  protected:
    TwoRouters()
        : lab_(lab_from("links = [[\"r1\", \"r2\"]]\n[nodes]\n\"r[1-2]\" = \"router\"\n")) {
        for (const char* name : {"r1", "r2"}) {
            Reading& reading = evidence_.readings[name];
            reading.links.push_back({2, "eth0", true, true, 1500});
            evidence_.routing[name];
        }
    }
    void address(const std::string& node, const char* prefix, const char* dev = "eth0") {
        evidence_.readings[node].addresses.push_back({dev, *topology::Prefix::parse(prefix)});
    }
    void says(const std::string& node, const char* command, std::string words) {
        evidence_.routing[node][command] = std::move(words);
    }
    void config(const std::string& node, std::string words) {
        says(node, "show running-config", std::move(words));
    }
    void ospf(const std::string& node, const std::string& more) {
        says(node, "show ip ospf interface json",
             R"({"interfaces":{"eth0":{"ospfEnabled":true,"area":"0.0.0.1","routerId":")" + node +
                 R"(","networkType":"BROADCAST")" + more + "}}}");
        says(node, "show ip ospf neighbor json", R"({"neighbors":{}})");
    }
    std::vector<std::string> causes(const char* wanted = nullptr) {
        std::optional<topology::Prefix> network;
        if (wanted != nullptr) network = topology::Prefix::parse(wanted);
        return routing_causes(evidence_, lab_, network);
    }
    topology::Lab lab_;
    Evidence evidence_;
};

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

topology::Prefix prefix(const char* text) {
    return *topology::Prefix::parse(text);
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
    const topology::Lab lab = lab_from(
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
