// [[check]] tables: what they become, and what is said about those that are wrong.
#include "tests/support/memory_files.hpp"
#include "topology/check_filter.hpp"
#include "topology/condition.hpp"
#include "topology/resolve.hpp"
#include "topology/stages.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;

constexpr const char* triangle = R"(
name = "t"
links = [["r1", "r2"], ["r2", "r3"], ["r1", "r3"], ["h[1-3]", "r[1-3]"]]

[vars]
peers = 2

[nodes]
"h[1-3]" = "host"
"r[1-3]" = { kind = "router", loopback = true }

)";

Resolved resolved(const std::string& checks, const std::string& before = "") {
    test::MemoryFiles files;
    files.add("t.lab.toml", std::string(triangle) + before + "\n[[check]]\n" + checks);
    return resolve(files, "t.lab.toml");
}

std::string problems(const Resolved& r) {
    return render(r.diagnostics.all(), r.sources, false, 100);
}

Check check(const std::string& text, const std::string& before = "") {
    Resolved r = resolved(text, before);
    EXPECT_TRUE(r.diagnostics.all().empty()) << problems(r);
    EXPECT_EQ(r.lab.checks.size(), 1U) << text;
    return r.lab.checks.empty() ? Check{} : r.lab.checks.front();
}

template <typename S>
S subject(const std::string& text) {
    const Check c = check(text);
    EXPECT_TRUE(std::holds_alternative<S>(c.subject)) << text;
    return std::holds_alternative<S>(c.subject) ? std::get<S>(c.subject) : S{};
}

std::vector<std::string> texts(const std::vector<Text>& list) {
    std::vector<std::string> out;
    for (const Text& text : list) out.push_back(text.text);
    return out;
}

TEST(Check, PingTakesSetsAddressesAndLateReferences) {
    const auto ping =
        subject<subject::Ping>("ping = [\"h[*]\", [\"h[2-3]\", \"${r1.ipv4}\", \"10.9.9.9\"]]\n");
    EXPECT_THAT(ping.from, testing::ElementsAre("h1", "h2", "h3"));
    EXPECT_THAT(texts(ping.to), testing::ElementsAre("h2", "h3", "10.255.0.1", "10.9.9.9"));
    EXPECT_EQ(ping.count, 1U);
    EXPECT_FALSE(ping.whole_lab);
}

TEST(Check, FlapsALinkWithItsOwnPeriod) {
    const Check c =
        check("ping = [\"h1\", \"h2\"]\nduring = { flap = [\"r2\", \"r1\"], every = \"200ms\" }\n");
    ASSERT_TRUE(c.during);
    EXPECT_EQ(c.during->kind, Fault::Kind::flap);
    EXPECT_THAT(c.during->links, testing::ElementsAre("r1--r2"));
    EXPECT_DOUBLE_EQ(c.during->every_s, 0.2);
    EXPECT_EQ(c.during->text, "r2--r1 flapping");
    EXPECT_DOUBLE_EQ(
        check("ping = [\"h1\", \"h2\"]\nduring = { flap = \"r1--r2\" }\n").during->every_s, 1);
    for (const auto& [fault, said] :
         {std::pair{"down = \"r1--r2\", every = \"1s\"", "\"every\" means nothing"},
          std::pair{"flap = \"r1--r2\", every = \"1ms\"", "20ms to an hour"},
          std::pair{"flap = \"r1--r2\", down = \"r1--r3\"", "breaks one thing"}})
        EXPECT_THAT(problems(resolved("ping = [\"h1\", \"h2\"]\nduring = { " + std::string(fault) +
                                      " }\n")),
                    testing::HasSubstr(said));
}

TEST(Check, PingCountsMoreForAShare) {
    const auto ping = subject<subject::Ping>(
        "ping = [\"h1\", \"h2\"]\nloss = \"< 20%\"\nrtt = \"<= 30ms\"\nfamily = \"ipv6\"\n");
    EXPECT_EQ(ping.count, 20U);
    ASSERT_TRUE(ping.loss && ping.rtt);
    EXPECT_TRUE(ping.loss->holds(19.9));
    EXPECT_FALSE(ping.loss->holds(20));
    EXPECT_TRUE(ping.rtt->holds(0.030));
    EXPECT_FALSE(ping.rtt->holds(0.031));
    EXPECT_EQ(ping.family, FamilyWish::ipv6);
}

TEST(Check, CommonKeys) {
    const Check c = check(
        "ping = [\"h1\", \"h2\"]\nname = \"a\"\nwithin = \"30s\"\nfor = \"2s\"\nevery = "
        "\"100ms\"\nnot = true\npoints = 2.5\nhint = \"look\"\nlevel = \"warn\"\ntags = "
        "[\"slow\"]\n");
    EXPECT_EQ(c.name, "a");
    EXPECT_EQ(c.key, "ping");
    EXPECT_DOUBLE_EQ(c.within_s, 30);
    EXPECT_DOUBLE_EQ(c.hold_s, 2);
    EXPECT_DOUBLE_EQ(c.every_s, 0.1);
    EXPECT_TRUE(c.negated);
    EXPECT_DOUBLE_EQ(c.points, 2.5);
    EXPECT_EQ(c.hint, "look");
    EXPECT_TRUE(c.warning);
    EXPECT_THAT(c.tags, testing::ElementsAre("slow"));
    EXPECT_EQ(c.where.line, 14U);
}

TEST(Check, ProtocolsHaveLonger) {
    EXPECT_DOUBLE_EQ(check("ping = [\"h1\", \"h2\"]\n").within_s, 5);
    EXPECT_DOUBLE_EQ(check("ospf-neighbors = { node = \"r1\", full = 2 }\n").within_s, 60);
    EXPECT_DOUBLE_EQ(
        check("ping = [\"h1\", \"h2\"]\n", "[defaults.check]\nwithin = \"9s\"\n").within_s, 9);
}

TEST(Check, WithoutANameItSaysWhatItAsks) {
    EXPECT_EQ(check("ping = [\"h1\", \"h[2-3]\"]\n").name, "ping h1 → h2 and h3");
    EXPECT_EQ(check("not = true\ntcp = [\"h1\", \"h2:80\"]\n").name, "not: tcp h1 → h2:80");
    EXPECT_EQ(check("path = [\"h1\", \"r1\", \"r2\", \"h2\"]\n").name, "path h1 → r1 → r2 → h2");
    EXPECT_EQ(check("ospf-neighbors = { node = \"r[*]\", full = \"${peers}\" }\n").name,
              "OSPF neighbours of r1, r2 and r3: 2");
    EXPECT_EQ(check("ping = [\"h1\", \"h2\"]\nduring = { down = [\"r2\", \"r1\"] }\n").name,
              "ping h1 → h2 with r2--r1 down");
}

TEST(Check, PathIsWholeOrOpen) {
    const auto whole = subject<subject::Path>("path = [\"h1\", \"r1\", \"r3\", \"h3\"]\n");
    EXPECT_THAT(whole.hops, testing::ElementsAre("r1", "r3", "h3"));
    const auto open = subject<subject::Path>("path = [\"h1\", \"h3\"]\nnot-via = \"r2\"\n");
    EXPECT_TRUE(open.hops.empty());
    EXPECT_THAT(open.not_via, testing::ElementsAre("r2"));
}

TEST(Check, PathOfEqualWays) {
    using Ecmp = subject::Path::Ecmp;
    EXPECT_EQ(subject<subject::Path>("path = [\"h1\", \"h3\"]\nvia = \"r1\"\n").ecmp, Ecmp::taken);
    const char* all = "path = [\"h1\", \"h3\"]\nvia = \"r1\"\necmp = \"all\"\n";
    EXPECT_EQ(subject<subject::Path>(all).ecmp, Ecmp::all);
    EXPECT_EQ(check(all).name, "path h1 → h3 via r1, all equal ways");
}

TEST(Check, AttributesOfRoutes) {
    const auto route = subject<subject::ProtocolRoute>(
        "bgp-route = { node = \"r1\", prefix = \"10.0.3.0/24\", communities = [\"65001:10\", "
        "\"no-export\", \"1:2:3\"], next-hop = \"r2\", origin = \"incomplete\" }\n");
    EXPECT_THAT(route.communities, testing::ElementsAre("65001:10", "no-export", "1:2:3"));
    EXPECT_EQ(route.next_hop->text, "r2");
    EXPECT_EQ(route.origin, "incomplete");
    const auto isis = subject<subject::ProtocolRoute>(
        "isis-route = { node = \"r1\", prefix = \"10.0.3.0/24\", metric = 20 }\n");
    EXPECT_EQ(isis.protocol, Protocol::isis);
}

TEST(Check, OptionsStandInTheTableOrBesideIt) {
    const auto inside = subject<subject::Run>(
        "run = { node = \"h1\", cmd = \"ip -j route\", json = \"/0/dst\", is = \"default\" }\n");
    const auto beside = subject<subject::Run>(
        "run = { node = \"h1\", cmd = \"ip -j route\" }\njson = \"/0/dst\"\nis = \"default\"\n");
    EXPECT_EQ(inside, beside);
    EXPECT_EQ(inside.is->text, "default");
    EXPECT_EQ(inside.argv.size(), 3U);
}

TEST(Check, DuringFindsTheLinkOfTwoNodes) {
    const Check c = check("ping = [\"h1\", \"h2\"]\nduring = { down = [\"r2\", \"r1\"] }\n");
    ASSERT_TRUE(c.during);
    EXPECT_THAT(c.during->links, testing::ElementsAre("r1--r2"));
    EXPECT_TRUE(c.during->before);
    const Check k =
        check("ping = [\"h1\", \"h2\"]\nbefore = false\nduring = { kill = \"r1/ospfd\" }\n");
    ASSERT_TRUE(k.during);
    EXPECT_EQ(k.during->node, "r1");
    EXPECT_EQ(k.during->process, "ospfd");
    EXPECT_FALSE(k.during->before);
}

TEST(Check, DuringCutsTwoSetsApartOrStopsANode) {
    const Check cut =
        check("ping = [\"h1\", \"h2\"]\nduring = { partition = [\"r1\", \"r[2-3]\"] }\n");
    ASSERT_TRUE(cut.during);
    EXPECT_EQ(cut.during->kind, Fault::Kind::down);
    EXPECT_THAT(cut.during->links, testing::UnorderedElementsAre("r1--r2", "r1--r3"));
    EXPECT_EQ(cut.during->text, "r1 and r[2-3] apart");
    const Check off = check("ping = [\"h1\", \"h2\"]\nduring = { stop = \"r3\" }\n");
    ASSERT_TRUE(off.during);
    EXPECT_EQ(off.during->kind, Fault::Kind::stop);
    EXPECT_EQ(off.during->node, "r3");
}

TEST(Check, MatrixRepeats) {
    const Resolved r = resolved("ping = [\"h${n}\", \"r${n}\"]\nmatrix = { n = [1, 2, 3] }\n");
    ASSERT_TRUE(r.diagnostics.all().empty()) << problems(r);
    ASSERT_EQ(r.lab.checks.size(), 3U);
    EXPECT_EQ(r.lab.checks[2].name, "ping h3 → r3");
}

// `lab show --resolved` keeps the checks, and they mean the same.
TEST(Check, ResolvedFormResolvesToItself) {
    const Resolved first = resolved(
        "ping = [\"@router\", \"${h3.ipv4}\"]\nhint = \"$${HOME}\"\n"
        "[[check]]\nname = \"b\"\nrun = { node = \"h1\", cmd = \"a\\nb\", exit = 3 }\n"
        "[[check]]\nafter = \"b\"\nroute = { node = \"r1\", prefix = \"${h3.eth0.net4}\" }\n"
        "during = { down = \"r1--r2\" }\n");
    ASSERT_FALSE(first.diagnostics.failed()) << problems(first);
    test::MemoryFiles files;
    files.add("t.lab.toml", resolved_toml(first.lab));
    const Resolved second = resolve(files, "t.lab.toml");
    ASSERT_FALSE(second.diagnostics.failed()) << problems(second);
    ASSERT_EQ(first.lab.checks.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(first.lab.checks[i].subject, second.lab.checks.at(i).subject) << i;
    EXPECT_EQ(second.lab.checks[0].hint, "${HOME}");
    EXPECT_EQ(second.lab.checks[2].during->links, first.lab.checks[2].during->links);
    EXPECT_EQ(resolved_toml(second.lab), resolved_toml(first.lab));
}

struct Mistake {
    const char *name, *text, *code, *message, *hint;
};
class CheckMistake : public testing::TestWithParam<Mistake> {};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
    return out << mistake.text;
}

TEST_P(CheckMistake, IsTold) {
    const Resolved r = resolved(GetParam().text);
    ASSERT_EQ(r.diagnostics.all().size(), 1U) << problems(r);
    const Diagnostic& d = r.diagnostics.all().front();
    EXPECT_EQ(d.code, GetParam().code);
    EXPECT_EQ(d.message, GetParam().message);
    EXPECT_EQ(d.hint, GetParam().hint);
}

INSTANTIATE_TEST_SUITE_P(
    All, CheckMistake,
    testing::Values(
        Mistake{"Typo", "pign = [\"h1\", \"h2\"]\n", "D1", "unknown key \"pign\" in a check",
                "did you mean \"ping\"? free keys start with \"x-\""},
        Mistake{"None", "name = \"x\"\n", "D62", "a check without a subject",
                "ping = [\"h1\", \"h2\"]"},
        Mistake{"Node", "ping = [\"h1\", \"h9\"]\n", "D14", "unknown node \"h9\" in a ping check",
                "add h9 = \"host\" under [nodes]"},
        Mistake{"Foreign", "dns = { node = \"h1\", name = \"a.b\" }\nrtt = \"< 1s\"\n", "D1",
                "\"rtt\" means nothing in a dns check", "it takes type, is and server"},
        Mistake{"Inside", "route = { node = \"r1\", prefxi = \"default\", prefix = \"default\" }\n",
                "D1", "unknown key \"prefxi\" in \"route\"",
                "did you mean \"prefix\"? free keys start with \"x-\""},
        Mistake{"Itself", "ping = [\"h1\", \"h1\"]\n", "VALUE", "h1 would ping itself",
                "two different nodes"},
        Mistake{"Bound", "ping = [\"h1\", \"h2\"]\nrtt = \"< 30\"\n", "VALUE",
                "\"< 30\" is no bound", "rtt = \"< 30ms\""},
        Mistake{"Port", "tcp = [\"h1\", \"h2\"]\n", "VALUE", "\"h2\" does not end in a port",
                "tcp = [\"h1\", \"h2:80\"]"},
        Mistake{"Tls", "http = [\"h1\", \"https://h2/\"]\n", "VALUE", "a http check speaks no TLS",
                "run = { node = \"h1\", cmd = \"curl -fk https://…\" }"},
        Mistake{"Regex", "run = { node = \"h1\", cmd = \"x\", stdout = \"~ (\" }\n", "VALUE",
                "\"(\" is no regular expression: Unmatched ( or \\(",
                "POSIX extended, as grep -E has it"},
        Mistake{"HostBits", "route = { node = \"r1\", prefix = \"10.0.0.5/24\" }\n", "D73",
                "10.0.0.5/24 is an address, not a network", "10.0.0.0/24"},
        Mistake{"NoLink", "ping = [\"h1\", \"h2\"]\nduring = { down = [\"h1\", \"h2\"] }\n",
                "VALUE", "no link joins h1 and h2", "`lab graph` draws what is joined"},
        Mistake{"NothingToCut",
                "ping = [\"h1\", \"h2\"]\nduring = { partition = [\"h1\", \"h[2-3]\"] }\n", "VALUE",
                "no link joins h1 and h[2-3]", "`lab graph` draws what is joined"},
        Mistake{"TwoFaults",
                "ping = [\"h1\", \"h2\"]\nduring = { stop = \"r1\", down = \"r1--r2\" }\n", "VALUE",
                "\"during\" breaks one thing", "during = { down = [\"r1\", \"r2\"] }"},
        Mistake{"After", "ping = [\"h1\", \"h2\"]\nafter = \"x\"\n", "VALUE",
                "no check before this one is called \"x\"", "name = \"…\" gives a check its name"},
        Mistake{"Absent", "tcp = [\"h1\"]\n", "VALUE", "\"tcp\" takes 2 items, found 1",
                "tcp = [\"h1\", \"h2:80\"]"},
        Mistake{"WhichNode", "process = { name = \"x\" }\n", "VALUE",
                "\"process\" does not say on which node", "process = { node = \"r1\", … }"},
        Mistake{"Late", "ping = [\"h1\", \"${h9.ipv4}\"]\n", "D14",
                "unknown node \"h9\" in \"${h9.ipv4}\"", "add h9 = \"host\" under [nodes]"}),
    [](const auto& told) { return std::string(told.param.name); });

class WaitCondition : public testing::TestWithParam<std::pair<const char*, const char*>> {};

// The same check, as words and as a table.
TEST_P(WaitCondition, MeansTheTable) {
    const Resolved r = resolved("ping = [\"h1\", \"h2\"]\n");
    const auto& [words, table] = GetParam();
    const Condition a = read_condition(words, r.lab), b = read_condition(table, r.lab);
    ASSERT_FALSE(a.diagnostics.failed()) << render(a.diagnostics.all(), a.sources, false);
    ASSERT_FALSE(b.diagnostics.failed()) << render(b.diagnostics.all(), b.sources, false);
    EXPECT_EQ(a.check.subject, b.check.subject);
    EXPECT_EQ(a.check.negated, b.check.negated);
    EXPECT_EQ(a.check.within_s, b.check.within_s);
}

INSTANTIATE_TEST_SUITE_P(
    All, WaitCondition,
    testing::Values(
        std::pair{"ping h1 h[2-3]", "ping = [\"h1\", \"h[2-3]\"]"},
        std::pair{"not ping h1 h2 family=ipv6 within=9s",
                  "ping = [\"h1\", \"h2\"]\nnot = true\nfamily = \"ipv6\"\nwithin = \"9s\""},
        std::pair{"route r1 10.0.3.0/24 via=r2 metric=20",
                  "route = { node = \"r1\", prefix = \"10.0.3.0/24\", via = \"r2\", metric = 20 }"},
        std::pair{"ospf-neighbors r[*] full=2", "ospf-neighbors = { node = \"r[*]\", full = 2 }"},
        std::pair{"all-reachable", "all-reachable = true"},
        std::pair{"run h1 'test -e /x' && true",
                  "run = { node = \"h1\", cmd = \"test -e /x && true\" }"},
        std::pair{"tcp h1 h2:80", "tcp = [\"h1\", \"h2:80\"]"},
        std::pair{"ping h1 ${h2.ipv4}", "ping = [\"h1\", \"${h2.ipv4}\"]"},
        std::pair{"sysctl r1 net.ipv4.ip_forward 1",
                  "sysctl = { node = \"r1\", key = \"net.ipv4.ip_forward\", is = 1 }"}));

TEST(WaitCondition, MistakesPointIntoIt) {
    const Resolved r = resolved("ping = [\"h1\", \"h2\"]\n");
    const Condition c = read_condition("ping h1 h9", r.lab);
    ASSERT_EQ(c.diagnostics.all().size(), 1U);
    EXPECT_EQ(c.diagnostics.all()[0].where.column, 9U);
    EXPECT_EQ(c.diagnostics.all()[0].where.length, 2U);
    const Condition empty = read_condition("", r.lab);
    EXPECT_TRUE(empty.diagnostics.failed());
}

TEST(WaitCondition, WhatThereIsToWaitFor) {
    const Resolved r = resolved("ping = [\"h1\", \"h2\"]\n");
    const Condition c = read_condition("not pign h1 h2", r.lab);
    ASSERT_EQ(c.diagnostics.all().size(), 1U);
    const Diagnostic& told = c.diagnostics.all()[0];
    EXPECT_EQ(told.where.column, 5U);
    EXPECT_EQ(told.message, "there is no condition \"pign\"");
    EXPECT_EQ(told.hint, "did you mean \"ping\"?");
    const Condition other = read_condition("nosuch", r.lab);
    const std::string& hint = other.diagnostics.all().at(0).hint;
    EXPECT_TRUE(hint.starts_with("it begins with ready, or not, or one of ping, all-reachable, "))
        << hint;
}

TEST(CheckFilter, IsAnExpressionOverNamesAndTags) {
    std::vector<Check> checks(3);
    checks[0].name = "OSPF is full", checks[1].name = "the backup way";
    checks[2].name = "web", checks[2].tags = {"slow"}, checks[2].key = "http";
    using Indexes = std::vector<std::size_t>;
    EXPECT_EQ(*select(checks, {"", {}}), (Indexes{0, 1, 2}));
    EXPECT_EQ(*select(checks, {"ospf or slow", {}}), (Indexes{0, 2}));
    EXPECT_EQ(*select(checks, {"not (ospf or backup way)", {}}), (Indexes{2}));
    EXPECT_EQ(*select(checks, {"http and not web", {}}), Indexes{});
    EXPECT_EQ(*select(checks, {"", {"fast", "slow"}}), (Indexes{2}));
    for (const char* wrong : {"and", "ospf and", "(ospf", "ospf)", "not"})
        EXPECT_FALSE(select(checks, {wrong, {}})) << wrong;
}

}  // namespace
