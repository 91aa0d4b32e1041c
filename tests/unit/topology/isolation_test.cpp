// level, root, clock, namespaces, pids, memory, cpu: what they mean and what is said of mistakes.
#include "topology/isolation.hpp"

#include "tests/support/expanded.hpp"
#include "topology/plan.hpp"
#include "topology/resolve.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using topology::HostNeed;
using topology::Level;

test::Expanded clean(const std::string& text) {
    test::Expanded result = test::expand(text);
    EXPECT_FALSE(result.diagnostics.failed()) << result.text();
    return result;
}

std::string message(const std::string& text, const char* code) {
    const test::Expanded result = test::expand(text);
    const auto found = result.of(code);
    return found.size() == 1 ? found.front()->message : result.text() + "(none, or several)";
}

std::string node(const std::string& keys) {
    return "[nodes]\nh1 = { " + keys + " }\n";
}

TEST(Isolation, TheLevelIsTheNodesElseTheLabs) {
    const auto result = clean(
        "level = \"strict\"\n[nodes]\nh1 = \"host\"\nh2 = { level = \"lab\" }\nh3 = { level = "
        "\"open\" }\n");
    EXPECT_EQ(result.lab.level_of(result.node("h1")), Level::strict);
    EXPECT_EQ(result.lab.level_of(result.node("h2")), Level::lab);
    EXPECT_EQ(result.lab.level_of(result.node("h3")), Level::open);
    EXPECT_EQ(clean("[nodes]\nh1 = \"host\"\n").lab.level, Level::lab);
}

TEST(Isolation, OfOpenNodesIsSaidThatTheyHaveNoBoundary) {
    EXPECT_EQ(message("[nodes]\nh1 = { level = \"open\" }\nh2 = \"host\"\n", "D74"),
              "no boundary: root in h1 is root of this host");
    EXPECT_EQ(
        message("level = \"open\"\n[nodes]\nh1 = \"host\"\nh2 = {}\nh3 = { level = \"lab\" }\n"
                "sw = \"switch\"\n",
                "D74"),
        "no boundary: root in h1 and h2 is root of this host")
        << "a switch without programs has no root";
    const auto sealed = test::expand("level = \"strict\"\n[nodes]\nh1 = \"host\"\n");
    EXPECT_TRUE(sealed.diagnostics.all().empty()) << sealed.text();
}

TEST(Isolation, AnUnknownLevelIsAMistake) {
    for (const std::string& text :
         {std::string("level = \"labb\"\n[nodes]\nh1 = \"host\"\n"), node("level = \"labb\"")}) {
        const auto result = test::expand(text);
        EXPECT_TRUE(result.diagnostics.failed());
        EXPECT_NE(result.text().find("lab"), std::string::npos) << result.text();
    }
}

TEST(Isolation, WhatOnlyRootMayGiveIsListed) {
    const auto result = clean(
        "level = \"open\"\n[nodes]\nh1 = \"host\"\nh2 = { level = \"lab\", root = \"/srv/x\" }\n"
        "h3 = { level = \"strict\" }\nsw = { kind = \"switch\", root = \"/srv/y\" }\n");
    EXPECT_THAT(topology::host_needs(result.lab),
                ElementsAre(HostNeed{HostNeed::Kind::open_level, "h1", "", {}},
                            HostNeed{HostNeed::Kind::host_directory, "h2", "/srv/x", {}}));
    EXPECT_THAT(topology::host_needs(clean("[nodes]\nh1 = \"host\"\n").lab), ElementsAre());
}

TEST(Isolation, TheHostsOwnRootIsRefused) {
    EXPECT_EQ(message(node("root = \"/\""), "D75"),
              "the host's own root would show the node all of its secrets");
    EXPECT_EQ(message(node("root = \"//\""), "D75"),
              "the host's own root would show the node all of its secrets");
    EXPECT_EQ(message(node("root = \"\""), "VALUE"), "root is the path of a directory");
    EXPECT_FALSE(
        clean("[defaults.node]\nroot = \"/x\"\n[nodes]\nh1 = { root = false }\n").node("h1").root);
}

TEST(Isolation, ClocksHaveSignsAndUnits) {
    const auto result = clean(node("clock = { boottime = \"24h\", monotonic = \"-1.5s\" }"));
    const auto clock = result.node("h1").clock;
    ASSERT_TRUE(clock);
    EXPECT_EQ(clock->boottime_ns, 86'400'000'000'000);
    EXPECT_EQ(clock->monotonic_ns, -1'500'000'000);
    EXPECT_EQ(clean(node("clock = { boottime = \"+3ms\" }")).node("h1").clock->boottime_ns,
              3'000'000);
    EXPECT_FALSE(clean(node("kind = \"host\"")).node("h1").clock);
    EXPECT_EQ(message(node("clock = { boottime = 5 }"), "D23"), "a time needs a unit");
    EXPECT_EQ(message(node("clock = { realtime = \"1s\" }"), "D1"),
              "unknown key \"realtime\" in clock");
    EXPECT_EQ(message(node("clock = { boottime = \"9000000h\" }"), "VALUE"),
              "a clock differs by 100 years at most");
}

TEST(Isolation, TimeIsTheOneNamespaceToAskFor) {
    EXPECT_TRUE(clean(node("namespaces = [\"time\"]")).node("h1").clock);
    EXPECT_FALSE(clean(node("namespaces = []")).node("h1").clock);
    EXPECT_EQ(message(node("namespaces = [\"pid\"]"), "VALUE"),
              "every node has its own pid namespace");
    EXPECT_EQ(message(node("namespaces = [\"disk\"]"), "VALUE"),
              "there is no kind of namespace \"disk\"");
}

TEST(Isolation, Limits) {
    const auto result = clean(
        "[defaults.node]\nmemory = \"1GB\"\ncpu = 2\n[nodes]\nh1 = { pids = 100, memory = "
        "\"64MiB\", cpu = 0.5 }\nh2 = { memory = false, cpu = false }\n");
    const topology::Limits& limits = result.node("h1").limits;
    EXPECT_EQ(limits.pids, 100U);
    EXPECT_EQ(limits.memory_bytes, 67'108'864U);
    EXPECT_EQ(limits.cpu_cores, 0.5);
    EXPECT_EQ(topology::limits_text(limits), "pids 100, memory 67108864 B, cpu 0.5");
    EXPECT_FALSE(result.node("h2").limits.any());
    EXPECT_EQ(topology::limits_text({}), "");
}

TEST(Isolation, LimitsOutOfRange) {
    EXPECT_NE(message(node("pids = 1"), "VALUE").find("2"), std::string::npos);
    EXPECT_EQ(message(node("memory = 64"), "D23"), "a size needs a unit");
    EXPECT_EQ(message(node("memory = \"4KiB\""), "VALUE"), "memory is 1 MiB to 1,000,000 GB");
    EXPECT_EQ(message(node("cpu = 0.001"), "VALUE"), "cpu is 0.01 to 4096 cores");
    EXPECT_EQ(message(node("cpu = nan"), "VALUE"), "cpu is 0.01 to 4096 cores");
    EXPECT_EQ(message(node("cpu = []"), "TYPE"), "expected a number of cores, found a list");
}

// What an edit of each key leads to.
std::vector<std::string> edit(const std::string& before, const std::string& after) {
    const auto state = [](const std::string& keys) {
        test::MemoryFiles files{{"x.lab.toml", "[nodes]\nh1 = { " + keys + " }\nh2 = \"host\"\n"}};
        return topology::desired(topology::resolve(files, "x.lab.toml").lab);
    };
    std::vector<std::string> words;
    for (const topology::Step& step : topology::plan(state(after), state(before))) {
        const topology::Action action = topology::describe(step);
        words.push_back(action.op + " " + action.kind + " " + action.name);
    }
    return words;
}

TEST(Isolation, AnotherLevelRootOrClockMakesThatNodeAnew) {
    for (const char* keys : {"level = \"strict\"", "level = \"open\"", "root = \"/srv/x\"",
                             "clock = { boottime = \"1s\" }"}) {
        EXPECT_THAT(edit("", keys),
                    ElementsAre("delete node h1", "create node h1", "update file h1"))
            << keys;
        EXPECT_THAT(edit(keys, ""),
                    ElementsAre("delete node h1", "create node h1", "update file h1"))
            << keys;
    }
    EXPECT_THAT(edit("", "level = \"lab\""), ElementsAre()) << "which it was";
}

TEST(Isolation, LimitsChangeWhileTheNodeRuns) {
    EXPECT_THAT(edit("", "pids = 100"), ElementsAre("update limits h1"));
    EXPECT_THAT(edit("memory = \"1GB\"", "memory = \"2GB\""), ElementsAre("update limits h1"));
    EXPECT_THAT(edit("cpu = 1", ""), ElementsAre("update limits h1"));
    EXPECT_THAT(edit("cpu = 1", "cpu = 1.0"), ElementsAre());
}

}  // namespace
