// [[step]] tables: what they become, in which order, and what is said about those that are wrong.
#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"
#include "topology/stages.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;
using Kind = TimedStep::Kind;

constexpr const char* pair = R"(
name = "t"
links = [["h1", "r1"], ["r1", "h2"], ["r1", "h3"]]
[nodes]
"h[1-3]" = "host"
r1 = "router"
[[check]]
name = "whole"
ping = ["h1", "h2"]
[[check]]
name = "broken"
ping = ["h1", "h2"]
during = { down = ["h1", "r1"] }
)";

Resolved resolved(const std::string& steps) {
    test::MemoryFiles files;
    files.add("t.lab.toml", std::string(pair) + steps);
    return resolve(files, "t.lab.toml");
}

std::string problems(const Resolved& r) {
    return render(r.diagnostics.all(), r.sources, false, 100);
}

std::vector<TimedStep> steps(const std::string& text) {
    const Resolved r = resolved(text);
    EXPECT_TRUE(r.diagnostics.all().empty()) << problems(r);
    return r.lab.steps;
}

TimedStep step(const std::string& text) {
    const auto all = steps("[[step]]\nat = \"1s\"\n" + text + "\n");
    EXPECT_EQ(all.size(), 1U) << text;
    return all.empty() ? TimedStep{} : all.front();
}

TEST(Steps, come_in_the_order_of_their_times) {
    const auto all = steps(
        "[[step]]\nat = \"2s\"\nup = [\"h1\", \"r1\"]\n[[step]]\nat = \"500ms\"\ndown = "
        "\"h1--r1\"\nfor = \"1s\"\n[[step]]\nat = \"2s\"\ncheck = \"whole\"\n");
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].kind, Kind::down);
    EXPECT_DOUBLE_EQ(all[0].at_s, 0.5);
    EXPECT_DOUBLE_EQ(all[0].for_s, 1);
    EXPECT_THAT(all[0].links, testing::ElementsAre("h1--r1"));
    EXPECT_EQ(all[0].name, "h1--r1 down");
    EXPECT_EQ(all[1].kind, Kind::up);
    EXPECT_EQ(all[2].kind, Kind::check);
    EXPECT_EQ(all[2].check, 0U);
}

TEST(Steps, stop_and_kill_and_flap) {
    EXPECT_THAT(step("stop = \"r1\"").nodes, testing::ElementsAre("r1"));
    EXPECT_EQ(step("start = \"r1\"").name, "r1 started");
    const TimedStep kill = step("kill = \"r1/ospfd\"");
    EXPECT_EQ(kill.process, "ospfd");
    EXPECT_THAT(kill.nodes, testing::ElementsAre("r1"));
    const TimedStep flap = step("flap = [\"r1\", \"h2\"]\nevery = \"400ms\"\nfor = \"3s\"");
    EXPECT_EQ(flap.kind, Kind::flap);
    EXPECT_DOUBLE_EQ(flap.every_s, 0.4);
    EXPECT_EQ(flap.name, "r1--h2 flapping");
}

TEST(Steps, run_with_late_references) {
    const TimedStep run = step("run = { node = \"h[1-2]\", cmd = \"ping -c1 ${h3.ipv4}\" }");
    EXPECT_THAT(run.nodes, testing::ElementsAre("h1", "h2"));
    ASSERT_EQ(run.argv.size(), 3U);
    EXPECT_THAT(run.argv[2].text, testing::StartsWith("ping -c1 10."));
}

TEST(Steps, sample_what_they_say_or_all_that_there_is) {
    const TimedStep rtt = step("sample = { rtt = [\"h[1-2]\", \"h3\"] }\nevery = \"200ms\"");
    EXPECT_EQ(rtt.kind, Kind::sample);
    EXPECT_EQ(rtt.measure.kind, Measure::Kind::rtt);
    EXPECT_THAT(rtt.measure.from, testing::ElementsAre("h1", "h2"));
    EXPECT_THAT(step("sample = { throughput = [\"h1\", \"r1\"] }").measure.links,
                testing::ElementsAre("h1--r1"));
    EXPECT_THAT(step("sample = { routes = \"r1\" }").measure.from, testing::ElementsAre("r1"));
    const auto all = steps(
        "[[step]]\nat = \"0s\"\nrun = { node = \"h1\", cmd = \"true\" }\nsample = "
        "[\"throughput\", \"rtt\", \"routes\"]\n");
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].kind, Kind::run);
    EXPECT_EQ(all[1].measure.links.size(), 3U);
    EXPECT_EQ(all[2].measure.to.size(), 3U);
    EXPECT_THAT(all[3].measure.from, testing::ElementsAre("r1"));
}

TEST(Steps, resolve_to_themselves) {
    const Resolved first = resolved(
        "[[step]]\nat = \"0s\"\nname = \"first\"\nrun = { node = \"h1\", cmd = \"echo "
        "${h2.ipv4}\" }\nsample = [\"rtt\", \"routes\"]\n[[step]]\nat = \"1s\"\nflap = "
        "[\"h1\", \"r1\"]\n");
    ASSERT_FALSE(first.diagnostics.failed()) << problems(first);
    test::MemoryFiles files;
    files.add("t.lab.toml", resolved_toml(first.lab));
    const Resolved second = resolve(files, "t.lab.toml");
    ASSERT_FALSE(second.diagnostics.failed()) << problems(second);
    EXPECT_EQ(resolved_toml(second.lab), resolved_toml(first.lab));
    ASSERT_EQ(second.lab.steps.size(), 4U);
    EXPECT_EQ(second.lab.steps[0].argv, first.lab.steps[0].argv);
    EXPECT_EQ(second.lab.steps[1].measure, first.lab.steps[1].measure);
}

TEST(Steps, mistakes_are_said_by_name) {
    const std::pair<const char*, const char*> cases[] = {
        {"at = \"1s\"", "a step in which nothing happens"},
        {"down = \"h1--r1\"", "a step does not say when"},
        {"at = \"1s\"\ndown = \"h1--r1\"\nup = \"h1--r1\"", "in one step"},
        {"at = \"1s\"\ndown = [\"h1\", \"h2\"]", "no link joins h1 and h2"},
        {"at = \"1s\"\ncheck = \"whale\"", "no check is called \"whale\""},
        {"at = \"1s\"\ncheck = \"broken\"", "breaks something by itself"},
        {"at = \"1s\"\nrun = { node = \"h1\", cmd = \"true\" }\nfor = \"1s\"",
         "\"for\" means nothing in this step"},
        {"at = \"1s\"\ndown = \"h1--r1\"\nevery = \"1s\"", "\"every\" means nothing in this step"},
        {"at = \"1s\"\nflap = \"h1--r1\"\nevery = \"1ms\"", "\"every\" is 20ms to an hour"},
        {"at = \"1s\"\nsample = \"jitter\"", "takes rtt, throughput, routes"},
        {"at = \"1s\"\nstart = \"h9\"", "unknown node \"h9\""},
    };
    for (const auto& [text, said] : cases)
        EXPECT_THAT(problems(resolved("[[step]]\n" + std::string(text) + "\n")),
                    testing::HasSubstr(said))
            << text;
}

}  // namespace
