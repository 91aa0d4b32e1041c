// Nodes: order, ranges, kinds and what their layers say together.
#include "tests/support/expanded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using testing::ElementsAre;
using topology::Kind;
using topology::Routing;

namespace {

test::Expanded clean(const std::string& text, const topology::ResolveOptions& options = {}) {
    test::Expanded result = test::expand(text, options);
    EXPECT_FALSE(result.diagnostics.failed()) << result.text();
    return result;
}

TEST(Nodes, KeepTheOrderOfTheFile) {
    const auto lab = clean("[nodes]\nz = \"host\"\nh10 = \"host\"\nh2 = \"host\"\n[nodes.a]\n");
    EXPECT_THAT(lab.nodes(), ElementsAre("z", "h10", "h2", "a"));
}

TEST(Nodes, AreHostsWhenNobodySaysOtherwise) {
    EXPECT_EQ(clean("[nodes]\nh1 = {}\n").node("h1").kind, Kind::host);
}

TEST(Nodes, RangesMakeProductsWithTheLastFastest) {
    const auto lab = clean("[nodes]\n\"l[1-2]-[a,b]\" = \"host\"\n");
    EXPECT_THAT(lab.nodes(), ElementsAre("l1-a", "l1-b", "l2-a", "l2-b"));
}

TEST(Nodes, PaddedRangesKeepTheirWidth) {
    const auto lab = clean("[nodes]\n\"h[08-11]\" = { label = \"${i} ${i + 1}\" }\n");
    EXPECT_THAT(lab.nodes(), ElementsAre("h08", "h09", "h10", "h11"));
    EXPECT_EQ(lab.node("h08").label, "08 9");
}

TEST(Nodes, MixedRanges) {
    EXPECT_THAT(clean("[nodes]\n\"h[1,3,5-7]\" = \"host\"\n").nodes(),
                ElementsAre("h1", "h3", "h5", "h6", "h7"));
}

TEST(Nodes, AVariableMayEmptyARange) {
    const auto lab = clean(
        "links = [[\"h[*]\", \"r1\"], { chain = \"h[1-${x}]\" }]\n[vars]\nx = 0\n[nodes]\nr1 = "
        "\"router\"\n\"h[1-${x}]\" = \"host\"\n");
    EXPECT_THAT(lab.nodes(), ElementsAre("r1"));
    EXPECT_TRUE(lab.lab.links.empty());
}

TEST(Nodes, APlainNameRefinesARange) {
    const auto lab = clean(
        "[nodes]\nr2 = { asn = 7, label = \"x${i}\" }\n\"r[1-3]\" = { kind = \"router\", asn = "
        "\"${65000 + i}\", routing = \"bgp\" }\n");
    EXPECT_THAT(lab.nodes(), ElementsAre("r2", "r1", "r3"));
    EXPECT_EQ(lab.node("r2").asn, 7U);
    EXPECT_EQ(lab.node("r2").kind, Kind::router);
    EXPECT_EQ(lab.node("r2").label, "x2");
    EXPECT_EQ(lab.node("r3").asn, 65003U);
}

TEST(Nodes, OwnKindsAreChains) {
    const auto lab = clean(
        "[kinds.base]\nextends = \"router\"\nrouting = \"ospf\"\narea = 1\n[kinds.core]\nextends = "
        "\"base\"\narea = \"0.0.0.2\"\n[nodes]\nr1 = \"core\"\n");
    const topology::Node& r1 = lab.node("r1");
    EXPECT_EQ(r1.kind, Kind::router);
    EXPECT_EQ(r1.kind_name, "core");
    EXPECT_THAT(r1.kind_chain, ElementsAre("core", "base", "router"));
    EXPECT_THAT(r1.routing, ElementsAre(Routing::ospf));
    EXPECT_EQ(r1.area, 2U);
}

TEST(Nodes, ABuiltInKindMayBeAddedTo) {
    const auto lab = clean(
        "[kinds.router]\nloopback = true\n[kinds.core]\nextends = \"router\"\n[nodes]\nr1 = "
        "\"router\"\nr2 = \"core\"\nh1 = \"host\"\n");
    EXPECT_TRUE(lab.node("r1").loopback);
    EXPECT_TRUE(lab.node("r2").loopback);
    EXPECT_FALSE(lab.node("h1").loopback);
}

TEST(Merging, ListsAreAppendedBaseFirst) {
    const auto lab = clean(
        "[defaults.node]\nexec = [\"d\"]\n[kinds.k]\nextends = \"host\"\nexec = [\"k\"]\n[nodes]\n"
        "\"h[1-2]\" = { kind = \"k\", exec = [\"r\"] }\nh1 = { exec = [\"p\"] }\n");
    std::string order;
    for (const topology::Command& command : lab.node("h1").exec) order += command.argv[2].text;
    EXPECT_EQ(order, "dkrp");
}

TEST(Merging, FalseDropsWhatWasInherited) {
    const auto lab = clean(
        "[defaults.node]\nexec = [\"d\"]\nenv = { A = \"1\", B = \"2\" }\n[nodes]\nh1 = { exec = "
        "false, env = { A = false } }\n");
    EXPECT_TRUE(lab.node("h1").exec.empty());
    EXPECT_EQ(lab.node("h1").env.size(), 1U);
    EXPECT_EQ(lab.node("h1").env.count("B"), 1U);
}

TEST(Merging, TablesMergeByKey) {
    const auto lab = clean(
        "[defaults.node]\nenv = { A = \"1\", B = \"2\" }\nsysctl.net.ipv4.tcp_ecn = 1\n[nodes]\nh1 "
        "= "
        "{ env = { B = \"3\" }, sysctl = { \"net.ipv4.tcp_ecn\" = 0, net.core.somaxconn = 9 } }\n");
    const topology::Node& h1 = lab.node("h1");
    EXPECT_EQ(h1.env.at("A").text, "1");
    EXPECT_EQ(h1.env.at("B").text, "3");
    EXPECT_EQ(h1.sysctl.at("net.ipv4.tcp_ecn").first, "0");
    EXPECT_EQ(h1.sysctl.at("net.core.somaxconn").first, "9");
}

TEST(Merging, DefaultsThatDoNotFitAreLeftOut) {
    const auto lab = clean(
        "[defaults.node]\nrouting = \"ospf\"\nloopback = true\nstp = true\n[nodes]\nh1 = \"host\"\n"
        "r1 = \"router\"\nsw = \"switch\"\n");
    EXPECT_TRUE(lab.node("h1").routing.empty());
    EXPECT_THAT(lab.node("r1").routing, ElementsAre(Routing::ospf));
    EXPECT_TRUE(lab.node("sw").stp);
    EXPECT_FALSE(lab.node("sw").loopback);
}

TEST(Merging, AServiceOfTheSameNameIsReplaced) {
    const auto lab = clean(
        "[kinds.k]\nextends = \"host\"\nrun = [{ name = \"web\", cmd = \"old\" }, \"nc -l 1\"]\n"
        "[nodes]\nh1 = { kind = \"k\", run = [{ name = \"web\", cmd = \"new\" }] }\n");
    const auto& services = lab.node("h1").services;
    ASSERT_EQ(services.size(), 2U);
    EXPECT_EQ(services[0].argv[2].text, "new");
    EXPECT_EQ(services[1].name, "nc");
}

TEST(Nodes, NestedSysctlPartsWithDotsBecomeSlashes) {
    const auto lab = clean(
        "links = [[\"h1:eth0.10\", \"h2\"]]\n[nodes]\nh2 = \"host\"\n"
        "h1 = { sysctl = { net.ipv4.conf.\"eth0.10\".rp_filter = 1 } }\n");
    EXPECT_EQ(lab.node("h1").sysctl.begin()->first, "net.ipv4.conf.eth0/10.rp_filter");
}

TEST(Nodes, OwnDaemonFilesChooseTheRouting) {
    const auto lab = clean(
        "[nodes]\nr1 = { kind = \"router\", files = { \"/etc/frr/frr.conf\" = \"a\\nb\\n\" } }\n"
        "r2 = { kind = \"router\", files = { \"/etc/bird/bird.conf\" = \"a\\nb\\n\" } }\n");
    EXPECT_THAT(lab.node("r1").routing, ElementsAre(Routing::frr));
    EXPECT_FALSE(lab.node("r1").routing_explicit);
    EXPECT_THAT(lab.node("r2").routing, ElementsAre(Routing::bird));
}

TEST(Nodes, LoopbacksMayBeSeveral) {
    const auto lab = clean(
        "[nodes]\nr1 = { kind = \"router\", loopback = [\"10.1.1.1/32\", \"fd00::1/128\"] }\n");
    EXPECT_TRUE(lab.node("r1").loopback);
    ASSERT_EQ(lab.node("r1").explicit_loopbacks.size(), 2U);
    EXPECT_EQ(lab.node("r1").explicit_loopbacks[1].first.text(), "fd00::1/128");
}

TEST(Lab, TakesItsNameFromTheFile) {
    const std::string text = "[nodes]\nh1 = \"host\"\n";
    const auto name = [&](const std::string& main, topology::ResolveOptions options = {}) {
        return test::expand(test::MemoryFiles{{main, text}}, main, options).lab.name;
    };
    EXPECT_EQ(name("clos.lab.toml"), "clos");
    EXPECT_EQ(name("clos.toml"), "clos");
    EXPECT_EQ(name("dir/lab.toml"), "dir");
    topology::ResolveOptions options;
    options.folder = "home";
    EXPECT_EQ(name("lab.toml", options), "home");
    options.name = "mine";
    EXPECT_EQ(name("clos.lab.toml", options), "mine");
    EXPECT_EQ(test::expand(test::MemoryFiles{{"lab.toml", text}}, "lab.toml").of("D2").size(), 1U);
}

TEST(Lab, NameAndVariablesMayUseEachOther) {
    topology::ResolveOptions options;
    options.set["x"] = "7";
    const auto lab = clean(
        "name = \"clos-${x}\"\ndescription = \"${title}\"\n[vars]\nx = 2\ntitle = \"${lab} of ${x "
        "* "
        "2}\"\n[nodes]\nh1 = \"host\"\n",
        options);
    EXPECT_EQ(lab.lab.name, "clos-7");
    EXPECT_EQ(lab.lab.description, "clos-7 of 14");
}

TEST(Lab, PoolsKeepWhatIsNotReplaced) {
    const auto lab = clean(
        "[addressing]\nipv6 = false\nprefer = \"ipv6\"\nlinks = { ipv6 = \"link-local\" }\ncore = "
        "{ "
        "ipv4 = \"unnumbered\" }\nedge = { ipv4 = \"10.0.0.0/16\", prefix4 = 28 }\n[nodes]\nh1 = "
        "\"host\"\n");
    const topology::Addressing& addressing = lab.lab.addressing;
    EXPECT_FALSE(addressing.ipv6);
    EXPECT_EQ(addressing.prefer, topology::Family::ipv6);
    EXPECT_EQ(addressing.pools.at("links").ipv4->text(), "172.16.0.0/12");
    EXPECT_TRUE(addressing.pools.at("links").link_local);
    EXPECT_EQ(addressing.pools.at("lans").start, 1U);
    EXPECT_TRUE(addressing.pools.at("core").unnumbered);
    EXPECT_FALSE(addressing.pools.at("edge").ipv6);
    EXPECT_EQ(addressing.pools.at("edge").prefix4, 28);
    EXPECT_THAT(addressing.pool_order, ElementsAre("core", "edge"));
}

}  // namespace
