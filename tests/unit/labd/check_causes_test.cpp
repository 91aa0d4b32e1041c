// Likely causes, from canned words of daemons and kernels.
#include "labd/check/all_ways.hpp"
#include "labd/check/evidence.hpp"
#include "labd/check/frr_config.hpp"
#include "labd/check/rule_trace.hpp"
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

// As nft 1.0.6 says it.
TEST(RuleTrace, NamesTheRuleThatDrops) {
    const Traced flow{ip("10.0.1.2"), ip("10.0.2.2"), 0, false};
    const std::string packet =
        " packet: iif \"eth0\" ether saddr 02:4d:aa:c6:05:ec ether daddr 02:4d:8a:79:9f:df ip "
        "saddr "
        "10.0.1.2 ip daddr 10.0.2.2 ip protocol icmp icmp type echo-request icmp code 0 \n";
    const auto drops = read_trace(
        "@ready\n"
        "trace id 04629662 inet labd-trace-6 pre packet: iif \"eth0\" ip saddr 10.0.1.2\n"
        "trace id 04629662 inet labd-trace-6 pre rule meta nftrace set 1 (verdict continue)\n"
        "trace id 04629662 inet labd-trace-6 pre policy accept \n"
        "trace id 04629662 inet f in" +
            packet +
            "trace id 04629662 inet f in rule counter packets 2 bytes 168 accept comment \"drop\" "
            "(verdict accept)\n"
            "trace id 04629662 inet f in2 rule jump j (verdict jump j)\n"
            "trace id 04629662 inet f j rule ip saddr @bad counter packets 4 bytes 336 drop "
            "comment "
            "\"the bad\" (verdict drop)\n"
            "trace id 1fed9ea3 inet f j rule ip saddr @bad counter packets 5 bytes 420 drop "
            "comment "
            "\"the bad\" (verdict drop)\n"
            "trace id 2 inet labd-links out rule drop (verdict drop)\n"
            "trace id 3 ip f fw packet: iif \"eth1\" ip saddr 10.0.2.2 ip daddr 10.0.1.2 icmp type "
            "echo-reply icmp code 0\n"
            "trace id 3 ip f fw policy drop \n"
            "trace id\nnonsense\n",
        flow);
    ASSERT_EQ(drops.size(), 2U);
    EXPECT_EQ(drops[0].chain, "chain j of table inet f");
    EXPECT_EQ(drops[0].rule, "ip saddr @bad counter drop comment \"the bad\"");
    EXPECT_FALSE(drops[0].reply);
    EXPECT_FALSE(drops[0].reject);
    EXPECT_EQ(drops[1].chain, "chain fw of table ip f");
    EXPECT_EQ(drops[1].rule, "policy drop");
    EXPECT_TRUE(drops[1].reply);
}

TEST(RuleTrace, KnowsWhichWayAConnectionGoes) {
    const Traced flow{ip("fd00::1"), ip("fd00::2"), 80, false};
    const auto drops = read_trace(
        "trace id 1 ip6 f o packet: oif \"eth0\" ip6 saddr fd00::2 ip6 daddr fd00::1 tcp sport 80 "
        "tcp dport 42930\n"
        "trace id 1 ip6 f o rule tcp sport 80 counter packets 1 bytes 60 reject with tcp reset "
        "(verdict drop)\n",
        flow);
    ASSERT_EQ(drops.size(), 1U);
    EXPECT_TRUE(drops[0].reply);
    EXPECT_TRUE(drops[0].reject);
    EXPECT_EQ(drops[0].rule, "tcp sport 80 counter reject with tcp reset");
    EXPECT_NE(trace_script(flow).find("ip6 saddr { fd00::1, fd00::2 } tcp dport 80"),
              std::string::npos);
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
