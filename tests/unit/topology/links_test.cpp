// Links: what arrays and builders make, names of links and interfaces, and keys of ends.
#include "tests/support/expanded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using testing::ElementsAre;
using topology::AddressMode;

namespace {

const std::string six =
    "[nodes]\n\"h[1-3]\" = \"host\"\n\"r[1-3]\" = \"router\"\nsw = \"switch\"\n";

test::Expanded clean(const std::string& text) {
    test::Expanded result = test::expand(text);
    EXPECT_FALSE(result.diagnostics.failed()) << result.text();
    return result;
}
test::Expanded links(const std::string& list) {
    return clean("links = " + list + "\n" + six);
}

TEST(Links, OfTwoNames) {
    EXPECT_THAT(links("[[\"h1\",\"r1\"]]").links(), ElementsAre("h1:eth0 r1:eth0"));
}

TEST(Links, OfThreeNamesAreOneNetwork) {
    const auto lab = links("[[\"h1\",\"h2\",\"r1\"]]");
    ASSERT_EQ(lab.lab.links.size(), 1U);
    EXPECT_TRUE(lab.lab.links[0].lan);
    EXPECT_EQ(lab.lab.links[0].name, "lan-1");
}

TEST(Links, OfOneNameAreStubs) {
    const auto lab = links("[[\"r1\"]]");
    ASSERT_EQ(lab.lab.links.size(), 1U);
    EXPECT_EQ(lab.lab.links[0].ends.size(), 1U);
}

TEST(Links, FanInAndOut) {
    EXPECT_THAT(links("[[\"h[1-3]\",\"r1\"],[\"r2\",\"h[1-2]\"]]").links(),
                ElementsAre("h1:eth0 r1:eth0", "h2:eth0 r1:eth1", "h3:eth0 r1:eth2",
                            "r2:eth0 h1:eth1", "r2:eth1 h2:eth1"));
}

TEST(Links, ZipWhenCountsAreEqual) {
    EXPECT_THAT(links("[[\"h[1-3]\",\"r[1-3]\"]]").links(),
                ElementsAre("h1:eth0 r1:eth0", "h2:eth0 r2:eth0", "h3:eth0 r3:eth0"));
}

TEST(Links, LanWhateverTheCounts) {
    const auto lab = links("[{ lan = [\"h[1-3]\",\"r1\"] }, { lan = [\"h1\",\"r2\"] }]");
    ASSERT_EQ(lab.lab.links.size(), 2U);
    EXPECT_EQ(lab.lab.links[0].ends.size(), 4U);
    EXPECT_TRUE(lab.lab.links[1].lan);
}

TEST(Builders, InOrder) {
    EXPECT_THAT(links("[{ chain = \"r[1-3]\" }]").links(),
                ElementsAre("r1:eth0 r2:eth0", "r2:eth1 r3:eth0"));
    EXPECT_THAT(links("[{ ring = \"r[1-3]\" }]").links(),
                ElementsAre("r1:eth0 r2:eth0", "r2:eth1 r3:eth0", "r3:eth1 r1:eth1"));
    EXPECT_THAT(links("[{ full = \"r[1-3]\" }]").links(),
                ElementsAre("r1:eth0 r2:eth0", "r1:eth1 r3:eth0", "r2:eth1 r3:eth1"));
    EXPECT_THAT(links("[{ chain = [\"h1\", \"r[2-3]\", \"h2\"] }]").links(),
                ElementsAre("h1:eth0 r2:eth0", "r2:eth1 r3:eth0", "r3:eth1 h2:eth0"));
}

TEST(Builders, StarMeshZip) {
    EXPECT_THAT(links("[{ star = { hub = \"sw\", to = [\"h[1-2]\", \"r1\"] } }]").links(),
                ElementsAre("sw:eth0 h1:eth0", "sw:eth1 h2:eth0", "sw:eth2 r1:eth0"));
    EXPECT_THAT(
        links("[{ mesh = [\"h[1-2]\", \"r[1-2]\"] }]").links(),
        ElementsAre("h1:eth0 r1:eth0", "h1:eth1 r2:eth0", "h2:eth0 r1:eth1", "h2:eth1 r2:eth1"));
    EXPECT_THAT(links("[{ zip = [\"h[1-2]\", \"r[2-3]\"] }]").links(),
                ElementsAre("h1:eth0 r2:eth0", "h2:eth0 r3:eth0"));
}

TEST(Builders, ForRepeatsAnEntryAndCountItsLinks) {
    EXPECT_THAT(
        links("[{ for = { p = \"1-2\" }, endpoints = [\"h${p}\", \"r${p}\"], count = 2 }]").links(),
        ElementsAre("h1:eth0 r1:eth0", "h1:eth1 r1:eth1", "h2:eth0 r2:eth0", "h2:eth1 r2:eth1"));
}

TEST(Sets, WildcardsGlobsKindsAndAll) {
    const auto count = [](const std::string& set) {
        return clean("links = [{ lan = [\"" + set +
                     "\"] }]\n[nodes]\n\"h[1-3]\" = \"host\"\nhub = "
                     "\"hub\"\n\"leaf-[a,b]\" = \"router\"\n")
            .lab.links.at(0)
            .ends.size();
    };
    EXPECT_EQ(count("h[*]"), 3U);
    EXPECT_EQ(count("h*"), 4U);
    EXPECT_EQ(count("leaf-*"), 2U);
    EXPECT_EQ(count("@router"), 2U);
    EXPECT_EQ(count("all"), 6U);
}

TEST(Sets, OfAKindHoldThoseThatExtendIt) {
    const auto lab = clean(
        "links = [{ lan = [\"@router\"] }]\n[kinds.core]\nextends = \"router\"\n[nodes]\nr1 = "
        "\"core\"\nr2 = \"router\"\nh1 = \"host\"\n");
    EXPECT_EQ(lab.lab.links.at(0).ends.size(), 2U);
}

TEST(Links, ShortAndLongFormsAreOneListInOrder) {
    const auto lab =
        clean("links = [[\"h1\",\"r1\"]]\n" + six +
              "[[link]]\nendpoints = [\"h1\",\"r2\"]\n[[link]]\nendpoints = [\"h1\",\"r3\"]\n");
    EXPECT_THAT(lab.links(), ElementsAre("h1:eth0 r1:eth0", "h1:eth1 r2:eth0", "h1:eth2 r3:eth0"));
}

TEST(Interfaces, ExplicitNamesAreReservedFirst) {
    EXPECT_THAT(links("[[\"r1\",\"r2\"],[\"r1:eth0\",\"r3\"],[\"r1\",\"h1:wan\"]]").links(),
                ElementsAre("r1:eth1 r2:eth0", "r1:eth0 r3:eth0", "r1:eth2 h1:wan"));
}

TEST(Interfaces, IndexesFollowNames) {
    const auto lab = links("[[\"r1:wan\",\"r2\"],[\"r1\",\"r3\"],[\"r1:lan\",\"h1:eth7\"]]");
    EXPECT_EQ(lab.interface("r1", "eth0").index, 100U);
    EXPECT_EQ(lab.interface("r1", "wan").index, 200U);
    EXPECT_EQ(lab.interface("r1", "lan").index, 201U);
    EXPECT_EQ(lab.interface("h1", "eth7").index, 107U);
}

TEST(Interfaces, MayBeNamedAfterTheNeighbour) {
    const auto lab = links(
        "[{ endpoints = [\"r1\",\"r2\"], ifname = \"peer\", count = 2 }, { lan = "
        "[\"r1\",\"h1\",\"h2\"], "
        "name = \"office\", ifname = \"peer\" }]");
    EXPECT_THAT(lab.links(),
                ElementsAre("r1:r2 r2:r1", "r1:r2-2 r2:r1-2", "r1:office h1:office h2:office"));
}

TEST(Interfaces, ANeighbourWithALongNameIsToldAndNumbered) {
    const auto lab = clean(
        "links = [{ endpoints = [\"r1\",\"a-very-long-router-name\"], ifname = \"peer\" "
        "}]\n[nodes]\nr1 = "
        "\"router\"\na-very-long-router-name = \"router\"\n");
    EXPECT_THAT(lab.links(), ElementsAre("r1:eth0 a-very-long-router-name:r1"));
    ASSERT_EQ(lab.of("D19").size(), 1U);
    EXPECT_EQ(lab.of("D19")[0]->severity, topology::Severity::notice);
}

TEST(Interfaces, MacsDeriveFromNamesAlone) {
    const auto one = links("[[\"h1\",\"r1\"]]").interface("r1", "eth0").mac;
    const auto two = clean("name = \"other\"\nlinks = [[\"h2\",\"h3\"],[\"h1\",\"r1\"]]\n" + six)
                         .interface("r1", "eth0")
                         .mac;
    EXPECT_EQ(one, two);
    EXPECT_EQ(one.bytes[0], 0x02);
    EXPECT_NE(one, links("[[\"h1\",\"r2\"]]").interface("r2", "eth0").mac);
}

TEST(LinkNames, AreUnique) {
    const auto lab = links(
        "[[\"h1\",\"r1\"],[\"h1\",\"r1\"],{ lan = [\"h1\",\"h2\"] },[\"r1\"],{ endpoints = "
        "[\"h[1-2]\",\"r2\"], "
        "name = \"up\" },{ endpoints = [\"h1\",\"r3\"], name = \"lan-1\" }]");
    std::vector<std::string> names;
    for (const auto& link : lab.lab.links) names.push_back(link.name);
    EXPECT_THAT(names,
                ElementsAre("h1--r1", "h1--r1-2", "lan-2", "lan-3", "up-1", "up-2", "lan-1"));
}

TEST(Ends, AddressesInTheString) {
    const auto lab = links("[[\"h[1-2]:up 10.0.${a}.1/24 fd00:${a}::1/64\",\"r1\"]]");
    EXPECT_EQ(lab.interface("h2", "up").explicit_addresses[0].first.text(), "10.0.2.1/24");
    EXPECT_EQ(lab.interface("h2", "up").explicit_addresses[1].first.text(), "fd00:2::1/64");
}

TEST(Ends, TheNearestWordWins) {
    const auto lab = clean(
        "links = [{ endpoints = [\"r1\",\"r2\"], mtu = 3000, cost = 5, a = { mtu = 4000 }, ends.r2 "
        "= { "
        "cost = 7 } }, [\"r1\",\"h1\"], [\"r2\", \"h2\"]]\n[defaults.link]\nmtu = "
        "2000\n[nodes]\nr1 = { "
        "kind = \"router\", mtu = 2500, interfaces = { eth1 = { mtu = 2600 } } }\nr2 = "
        "\"router\"\nh1 = "
        "\"host\"\nh2 = \"host\"\n");
    EXPECT_EQ(lab.interface("r1", "eth0").mtu, 4000U);
    EXPECT_EQ(lab.interface("r2", "eth0").mtu, 3000U);
    EXPECT_EQ(lab.interface("r1", "eth0").cost, 5U);
    EXPECT_EQ(lab.interface("r2", "eth0").cost, 7U);
    EXPECT_EQ(lab.interface("r1", "eth1").mtu, 2600U);
    EXPECT_EQ(lab.interface("h1", "eth0").mtu, 2000U);
    EXPECT_EQ(lab.interface("r2", "eth1").mtu, 2000U);
}

TEST(Ends, ModesAndKeys) {
    const auto lab = clean(
        "links = [{ endpoints = [\"r1\",\"r2\"], ipv6 = \"link-local\", a = { ipv4 = "
        "\"unnumbered\", "
        "priority = 0, passive = true, up = false, area = \"0.0.1.0\", timers = \"standard\", mac "
        "= "
        "\"02:00:00:00:00:01\" } }]\n[nodes]\nr1 = \"router\"\nr2 = { kind = \"router\", ipv4 = "
        "false }\n");
    const topology::Interface& a = lab.interface("r1", "eth0");
    EXPECT_EQ(a.ipv4, AddressMode::unnumbered);
    EXPECT_EQ(a.ipv6, AddressMode::link_local);
    EXPECT_EQ(a.priority, 0);
    EXPECT_EQ(a.passive, true);
    EXPECT_FALSE(a.up);
    EXPECT_EQ(a.area, 256U);
    EXPECT_TRUE(a.timers->standard);
    EXPECT_TRUE(a.mac_explicit);
    EXPECT_EQ(a.mac.text(), "02:00:00:00:00:01");
    EXPECT_EQ(lab.interface("r2", "eth0").ipv4, AddressMode::off);
}

TEST(Ends, AddressesByNode) {
    const auto lab = links(
        "[{ lan = [\"r1\",\"h1\"], addresses = { r1 = [\"10.0.0.1/24\", \"fd00::1/64\"], "
        "\"h1:eth0\" = "
        "\"10.0.0.2/24\" } }]");
    EXPECT_EQ(lab.interface("r1", "eth0").explicit_addresses.size(), 2U);
    EXPECT_EQ(lab.interface("h1", "eth0").explicit_addresses.size(), 1U);
}

TEST(Ends, AStubIgnoresImpairmentsOfTheDefaults) {
    const auto lab =
        clean("links = [[\"r1\"]]\n[defaults.link]\ndelay = \"1ms\"\n[nodes]\nr1 = \"router\"\n");
    EXPECT_EQ(lab.interface("r1", "eth0").impairment, topology::Impairment{});
}

TEST(Ends, AQueueShorterThanTheDelayIsAWarning) {
    const auto lab = links(
        "[{ endpoints = [\"r1\",\"r2\"], delay = \"50ms\", rate = \"100mbit\", limit = 100 }]");
    ASSERT_EQ(lab.of("D72").size(), 1U);
    EXPECT_EQ(lab.of("D72")[0]->message, "100 packets hold 12 ms at 100mbit, the delay is 50ms");
    EXPECT_EQ(lab.of("D72")[0]->hint, "limit ≥ 417, or leave it out");
}

TEST(Segments, KeysStandOnLinksAndSwitches) {
    const auto lab = clean(
        "links = [{ lan = [\"h1\",\"r1\"], prefix = [\"10.1.0.0/24\",\"fd01::/64\"], gateway = "
        "\"r1\", "
        "private = true, pool = \"edge\" }, [\"h1\",\"sw\"]]\n[addressing]\nedge = { ipv4 = "
        "\"10.0.0.0/16\" }\n[nodes]\nh1 = \"host\"\nr1 = \"router\"\nsw = { kind = \"switch\", "
        "prefix = "
        "\"10.2.0.0/24\" }\n");
    const topology::Link& link = lab.lab.links[0];
    ASSERT_EQ(link.prefixes.size(), 2U);
    EXPECT_EQ(link.prefixes[1].first.text(), "fd01::/64");
    EXPECT_EQ(link.gateway->text, "r1");
    EXPECT_EQ(link.private_, true);
    EXPECT_EQ(link.pool.text, "edge");
    EXPECT_FALSE(lab.interface("h1", "eth0").gateway);
    EXPECT_EQ(lab.node("sw").prefixes.at(0).first.text(), "10.2.0.0/24");
}

TEST(Links, ANodeMayBeLinkedToItselfByTwoNames) {
    EXPECT_THAT(links("[[\"r1:a\",\"r1:b\"]]").links(), ElementsAre("r1:a r1:b"));
}

TEST(Links, TooManyAreRefusedWithoutBeingMade) {
    const auto lab =
        test::expand("links = [{ full = \"h[*]\" }]\n[nodes]\n\"h[1-9999]\" = \"host\"\n");
    ASSERT_EQ(lab.of("LIMIT").size(), 1U);
    EXPECT_EQ(lab.of("LIMIT")[0]->message, "a lab has at most 50,000 links");
}

}  // namespace
