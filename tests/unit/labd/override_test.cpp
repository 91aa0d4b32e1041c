// Temporary wishes: what they make of a lab's wish, and that a journal keeps them.
#include "labd/override.hpp"

#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

#include <gtest/gtest.h>

namespace {

using labd::Override;
using labd::Overrides;

topology::Lab lab() {
    test::MemoryFiles files;
    files.add("t.lab.toml",
              "links = [[\"h1\", \"r1\"], [\"r1\", \"h2\"]]\n"
              "[nodes]\nh1 = \"host\"\nh2 = \"host\"\nr1 = \"router\"\n");
    topology::Resolved resolved = topology::resolve(files, "t.lab.toml");
    EXPECT_FALSE(resolved.diagnostics.failed());
    return resolved.lab;
}

Override over(Override::Kind kind, const char* subject) {
    Override out;
    out.kind = kind;
    out.subject = subject;
    return out;
}

TEST(Override, NothingLaidIsTheWishItself) {
    EXPECT_EQ(labd::desired_with(lab(), {}), topology::desired(lab()));
    EXPECT_EQ(labd::desired_with(lab(), {over(Override::Kind::up, "h1--r1")}),
              topology::desired(lab()));
}

TEST(Override, ALinkThatIsDownHasNoRoutesAndKeepsItsAddresses) {
    const topology::State state = labd::desired_with(lab(), {over(Override::Kind::down, "h1--r1")});
    EXPECT_FALSE(state.spaces.at("h1").devices.at("eth0").up);
    EXPECT_FALSE(state.spaces.at("r1").devices.at("eth0").up);
    EXPECT_TRUE(state.spaces.at("r1").devices.at("eth1").up);
    EXPECT_TRUE(state.spaces.at("h1").routes.empty());
    EXPECT_FALSE(state.spaces.at("h2").routes.empty());
    EXPECT_EQ(state.spaces.at("h1").addresses, topology::desired(lab()).spaces.at("h1").addresses);
}

TEST(Override, TheLastOneWins) {
    const Overrides both{over(Override::Kind::down, "h1--r1"), over(Override::Kind::up, "h1--r1")};
    EXPECT_EQ(labd::desired_with(lab(), both), topology::desired(lab()));
    EXPECT_EQ(labd::state_of_link(both, "h1--r1"), &both[1]);
    EXPECT_EQ(labd::state_of_link(both, "r1--h2"), nullptr);
}

TEST(Override, WhatIsGoneFromTheFileChangesNothing) {
    const Overrides gone{over(Override::Kind::down, "h1--h9")};
    EXPECT_EQ(labd::desired_with(lab(), gone), topology::desired(lab()));
    EXPECT_TRUE(labd::places_of(lab(), gone).empty());
    EXPECT_EQ(labd::places_of(lab(), {over(Override::Kind::down, "h1--r1")}),
              (std::set<std::string>{"h1", "r1"}));
}

Override impairment(const char* settings, const char* end = "") {
    Override out = over(Override::Kind::impair, "h1--r1");
    out.settings = settings;
    out.end = end;
    return out;
}

using Words = std::vector<std::pair<std::string, std::string>>;

// What h1 and r1 do to what they send each other.
std::pair<Words, Words> impaired(const Overrides& overrides) {
    const topology::Lab laid = labd::laid_over(lab(), overrides);
    const topology::Link& link = laid.links[0];
    return {topology::impairment_words(laid.at(link.ends[0]).impairment),
            topology::impairment_words(laid.at(link.ends[1]).impairment)};
}

TEST(Override, AnImpairmentNamesWhatChangesAndKeepsTheRest) {
    const Override both = impairment(R"({"delay":"20ms","loss":"1%"})"),
                   one = impairment(R"({"loss":"5%","limit":7})", "h1:eth0");
    const Words first{{"delay", "20ms"}, {"loss", "5%"}, {"limit", "7"}},
        second{{"delay", "20ms"}, {"loss", "1%"}};
    EXPECT_EQ(impaired({both, one}), (std::pair{first, second}));
    const Words none{{"delay", "20ms"}};
    EXPECT_EQ(impaired({both, impairment(R"({"loss":false})")}), (std::pair{none, none}));
    Override clear = impairment("{}", "r1:eth0");
    clear.clear = true;
    EXPECT_EQ(impaired({both, clear}), (std::pair{second, Words{}}));
    EXPECT_EQ(labd::state_of_link({both}, "h1--r1"), nullptr) << "it is as up as before";
}

TEST(Override, AnImpairmentForAWhileLeavesWhatWasSaidMeanwhile) {
    Override soon = impairment(R"({"delay":"20ms"})");
    soon.until_ns = 1;
    Overrides all{soon};
    labd::put(all, impairment(R"({"loss":"1%"})"));
    labd::put(all, impairment(R"({"rate":"1mbit"})"));
    ASSERT_EQ(all.size(), 2U) << "what holds until told otherwise is one";
    all.erase(all.begin());
    const Words rest{{"loss", "1%"}, {"rate", "1mbit"}};
    EXPECT_EQ(impaired(all), (std::pair{rest, rest}));
}

TEST(Override, AnImpairmentThatChangesNothingIsNone) {
    Override clear = impairment("{}");
    clear.clear = true;
    Overrides all{impairment(R"({"delay":"20ms"})"), clear};
    labd::drop_idle(all, lab(), clear.subject);
    EXPECT_TRUE(all.empty());
    all = {impairment(R"({"delay":"20ms"})")};
    labd::drop_idle(all, lab(), clear.subject);
    EXPECT_EQ(all.size(), 1U);
    Override soon = impairment(R"({"delay":"20ms"})");
    soon.until_ns = 1;
    all = {soon, clear};
    labd::drop_idle(all, lab(), clear.subject);
    EXPECT_EQ(all.size(), 2U) << "what passes comes back to the rest";
}

TEST(Override, AnImpairmentConcernsWhereItsPacketsArrive) {
    EXPECT_EQ(labd::places_of(lab(), {impairment("{}", "h1:eth0")}),
              (std::set<std::string>{"h1", "r1"}));
}

TEST(Override, TheJournalKeepsThem) {
    Overrides all{over(Override::Kind::down, "h1--r1"), over(Override::Kind::stop, "r1"),
                  impairment(R"({"delay":"20ms"})", "h1:eth0")};
    all[2].clear = true;
    all[0].until_ns = 123'456'789'012'345;
    all[1].by_check = true;
    EXPECT_EQ(labd::parse_overrides(labd::to_json(all)), all);
    EXPECT_EQ(labd::parse_overrides(labd::to_json({})), Overrides{});
}

TEST(Override, AMisshapenJournalIsPassedOver) {
    for (const char* text : {"", "[]", "{}", "{\"list\":3}", "{\"list\":[3,{}]}",
                             "{\"list\":[{\"kind\":99,\"subject\":\"x\"}]}",
                             "{\"list\":[{\"kind\":1,\"subject\":7}]}"})
        EXPECT_EQ(labd::parse_overrides(text), Overrides{}) << text;
}

}  // namespace
