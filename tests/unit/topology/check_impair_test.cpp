// `impair` in a check's fault and in steps: what is read, and what is said about mistakes.
#include "tests/support/memory_files.hpp"
#include "topology/ends.hpp"
#include "topology/resolve.hpp"
#include "topology/stages.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;
using Kind = TimedStep::Kind;

constexpr const char* net = R"(
name = "t"
links = [["h1", "r1"], ["h1", "r1"], { endpoints = ["r1", "h2"], delay = "10ms" },
         { lan = ["h3", "h4", "h5"] }, ["r1"]]
[vars]
packets = 9
[nodes]
"h[1-5]" = "host"
r1 = "router"
)";

Resolved resolved(const std::string& text) {
    test::MemoryFiles files;
    files.add("t.lab.toml", std::string(net) + text);
    return resolve(files, "t.lab.toml");
}

Resolved during(const std::string& fault) {
    return resolved("[[check]]\nping = [\"h1\", \"h2\"]\nduring = { " + fault + " }\n");
}

Resolved step(const std::string& action) {
    return resolved("[[step]]\nat = \"1s\"\n" + action + "\n");
}

std::string problems(const Resolved& r) {
    return render(r.diagnostics.all(), r.sources, false, 100);
}

TEST(CheckImpair, KeepsWhatTheFileSays) {
    const Resolved r = during("impair = [\"h2\", \"r1\"], loss = \"5%\", rate = \"1mbit\"");
    ASSERT_TRUE(r.diagnostics.all().empty()) << problems(r);
    const Fault& fault = *r.lab.checks.at(0).during;
    EXPECT_EQ(fault.kind, Fault::Kind::impair);
    EXPECT_THAT(fault.links, testing::ElementsAre("r1--h2"));
    EXPECT_TRUE(fault.ends.empty());
    EXPECT_EQ(fault.settings, R"({"loss":"5%","rate":"1mbit"})");
    EXPECT_EQ(r.lab.checks[0].name, "ping h1 → h2 with h2--r1 at loss 5%, rate 1mbit");
}

TEST(CheckImpair, TablesNumbersAndWhatIsTakenAway) {
    const Resolved r = during(
        "impair = \"r1--h2\", loss = { model = \"gemodel\", p = \"1%\", r = \"10%\" }, delay = "
        "false, limit = \"${packets}\", seed = 7, queue = \"fq_codel\"");
    ASSERT_TRUE(r.diagnostics.all().empty()) << problems(r);
    const Fault& fault = *r.lab.checks.at(0).during;
    EXPECT_EQ(fault.settings,
              R"({"loss":{"model":"gemodel","p":"1%","r":"10%"},"delay":false,"limit":9,"seed":7,)"
              R"("queue":"fq_codel"})");
    EXPECT_THAT(fault.text, testing::HasSubstr("loss gemodel p 1%"));
    EXPECT_THAT(fault.text, testing::EndsWith("no delay"));
}

TEST(CheckImpair, JitterGoesWithTheDelayOfTheFile) {
    EXPECT_TRUE(during("impair = \"r1--h2\", jitter = \"1ms\"").diagnostics.all().empty());
    EXPECT_THAT(problems(during("impair = [\"h1\", \"r1\"], jitter = \"1ms\"")),
                testing::HasSubstr("jitter without delay"));
}

TEST(CheckImpair, OneDirectionOfEveryLinkBetweenTwo) {
    const Resolved r = during("impair = [\"h1\", \"r1\"], from = \"r1\", loss = \"100%\"");
    ASSERT_TRUE(r.diagnostics.all().empty()) << problems(r);
    const Fault& fault = *r.lab.checks.at(0).during;
    EXPECT_EQ(fault.links.size(), 2U);
    EXPECT_THAT(fault.ends, testing::ElementsAre("r1:eth0", "r1:eth1"));
    EXPECT_EQ(fault.text, "h1--r1 from r1 at loss 100%");
}

TEST(CheckImpair, AWarningLosesNoFault) {
    const Resolved r =
        during("impair = \"r1--h2\", delay = \"50ms\", rate = \"10mbit\", limit = 2");
    EXPECT_FALSE(r.diagnostics.failed()) << problems(r);
    EXPECT_THAT(problems(r), testing::HasSubstr("D72"));
    EXPECT_TRUE(r.lab.checks.at(0).during);
}

TEST(CheckImpair, StepsImpairAndClear) {
    const Resolved r = resolved(
        "[[step]]\nat = \"1s\"\nimpair = [\"r1\", \"h2\"]\nloss = \"5%\"\nfor = \"2s\"\n"
        "[[step]]\nat = \"2s\"\nclear = \"r1--h2\"\nfrom = \"h2\"\n");
    ASSERT_TRUE(r.diagnostics.all().empty()) << problems(r);
    ASSERT_EQ(r.lab.steps.size(), 2U);
    EXPECT_EQ(r.lab.steps[0].kind, Kind::impair);
    EXPECT_EQ(r.lab.steps[0].settings, R"({"loss":"5%"})");
    EXPECT_EQ(r.lab.steps[0].name, "r1--h2 at loss 5%");
    EXPECT_DOUBLE_EQ(r.lab.steps[0].for_s, 2);
    EXPECT_EQ(r.lab.steps[1].kind, Kind::clear);
    EXPECT_THAT(r.lab.steps[1].ends, testing::ElementsAre("h2:eth0"));
    EXPECT_EQ(r.lab.steps[1].name, "r1--h2 from h2 without impairments");
}

TEST(CheckImpair, ResolvesToItself) {
    const Resolved first = resolved(
        "[[check]]\nping = [\"h1\", \"h2\"]\nduring = { impair = [\"r1\", \"h2\"], loss = { model "
        "= \"gemodel\", p = \"1%\" }, from = \"h2\" }\n[[step]]\nat = \"1s\"\nimpair = "
        "\"r1--h2\"\nlimit = \"${packets}\"\n[[step]]\nat = \"2s\"\nclear = \"r1--h2\"\n");
    ASSERT_FALSE(first.diagnostics.failed()) << problems(first);
    test::MemoryFiles files;
    files.add("t.lab.toml", resolved_toml(first.lab));
    const Resolved second = resolve(files, "t.lab.toml");
    ASSERT_FALSE(second.diagnostics.failed()) << problems(second);
    EXPECT_EQ(second.lab.checks.at(0).during, first.lab.checks.at(0).during);
    EXPECT_EQ(second.lab.steps.at(0).settings, R"({"limit":9})");
    EXPECT_EQ(second.lab.steps.at(1).kind, Kind::clear);
    EXPECT_EQ(resolved_toml(second.lab), resolved_toml(first.lab));
}

TEST(CheckImpair, MistakesAreSaidByName) {
    const std::pair<const char*, const char*> faults[] = {
        {"impair = [\"r1\", \"h2\"]", "\"impair\" does not say what happens to the packets"},
        {"impair = [\"h1\", \"h2\"], loss = \"5%\"", "no link joins h1 and h2"},
        {"impair = \"r1--h3\", loss = \"5%\"", "there is no link \"r1--h3\""},
        {"impair = \"r1--h2\", loss = \"500%\"", "loss is 0 % to 100 %, not 500 %"},
        {"impair = \"r1--h2\", rate = 5", "unit"},
        {"impair = \"r1--h2\", lost = \"5%\"", "unknown key \"lost\" in \"during\""},
        {"impair = \"r1--h2\", loss = \"5%\", from = \"h1\"", "r1--h2 has no end at h1"},
        {"impair = \"r1--h2\", loss = \"5%\", every = \"1s\"", "\"every\" means nothing"},
        {"impair = \"r1--h2\", loss = \"5%\", down = \"r1--h2\"", "breaks one thing"},
        {"down = \"r1--h2\", loss = \"5%\"", "\"loss\" means nothing without \"impair\""},
        {"down = \"r1--h2\", from = \"r1\"", "\"from\" means nothing without \"impair\""},
        {"loss = \"5%\"", "\"during\" breaks nothing"},
    };
    for (const auto& [text, said] : faults)
        EXPECT_THAT(problems(during(text)), testing::HasSubstr(said)) << text;
    const std::pair<const char*, const char*> steps[] = {
        {"impair = \"r1--h2\"", "\"impair\" does not say what happens to the packets"},
        {"impair = \"r1--h2\"\nloss = \"5%\"\nclear = \"r1--h2\"", "in one step"},
        {"clear = \"r1--h2\"\nloss = \"5%\"", "\"loss\" means nothing beside \"clear\""},
        {"clear = \"r1--h9\"", "there is no link \"r1--h9\""},
        {"down = \"r1--h2\"\nloss = \"5%\"", "\"loss\" means nothing without \"impair\""},
        {"sample = \"rtt\"\nfrom = \"h1\"", "\"from\" means nothing without \"impair\""},
        {"impair = \"r1--h2\"\nloss = \"5%\"\nevery = \"1s\"", "\"every\" means nothing"},
    };
    for (const auto& [text, said] : steps)
        EXPECT_THAT(problems(step(text)), testing::HasSubstr(said)) << text;
}

// What is wrong is wrong at every end, and said once.
TEST(CheckImpair, OneMistakeIsToldOnce) {
    EXPECT_EQ(during("impair = [\"h1\", \"r1\"], loss = \"500%\"").diagnostics.all().size(), 1U);
    EXPECT_EQ(step("impair = [\"h1\", \"r1\"]\nloss = \"500%\"").diagnostics.all().size(), 1U);
}

TEST(CheckImpair, ALinkMayBeCalledFromItsOtherEnd) {
    const Resolved r = during("impair = \"h2--r1\", loss = \"5%\"");
    ASSERT_TRUE(r.diagnostics.all().empty()) << problems(r);
    EXPECT_THAT(r.lab.checks.at(0).during->links, testing::ElementsAre("r1--h2"));
    EXPECT_EQ(find_link(r.lab, "h1--r1")->name, "h1--r1");
    EXPECT_EQ(find_link(r.lab, "r1--h1"), nullptr) << "there are two";
    EXPECT_EQ(find_link(r.lab, "h1--h2"), nullptr);
    EXPECT_EQ(find_link(r.lab, "r1--h1-2")->name, "h1--r1-2");
    EXPECT_EQ(find_link(r.lab, "r1--h1-3"), nullptr);
    EXPECT_EQ(find_link(r.lab, "r1--h1-"), nullptr);
    EXPECT_EQ(find_link(r.lab, "r1---2"), nullptr);
    // The number may be a node's own.
    EXPECT_THAT(turned("r1--h1-2"), testing::ElementsAre("h1-2--r1", "h1--r1-2"));
    EXPECT_THAT(turned("r1--h12"), testing::ElementsAre("h12--r1"));
    EXPECT_THAT(turned("wan"), testing::IsEmpty());
}

}  // namespace
