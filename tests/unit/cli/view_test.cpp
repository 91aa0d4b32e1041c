// Answers of labd as tables, JSON for programs, and the words of `up`.
#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/json_text.hpp"
#include "cli/progress.hpp"
#include "cli/up_result.hpp"
#include "cli/views.hpp"
#include "cli/wire.hpp"

#include <boost/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* lab_body =
    R"({"api":1,"lab":{"name":"two","state":"up","reason":"","level":"lab",
"file":"/x/two.lab.toml","age":12.5,"nodes":[
 {"name":"h1","kind":"host","level":"strict","state":"running","reason":"","pid":4711,"netns":"two.h1","uptime":61.5,
  "addresses":["10.0.0.11/24","fe80::1/64"],
  "interfaces":[{"name":"eth0","mtu":1500,"up":true,"carrier":true,"addresses":["10.0.0.11/24"],
                 "link":"h1--r1","peer":"r1:eth0","rx_bytes":1500,"tx_bytes":999}],
  "services":[{"name":"web","state":"failed","text":"died five times","restarts":5}]},
 {"name":"sw","kind":"switch","state":"running","pid":null,"addresses":[],"interfaces":[],"services":[]}],
"links":[{"name":"h1--r1","state":"up","mtu":1500,
          "ends":[{"node":"h1","interface":"eth0"},{"node":"r1","interface":"eth0"}],
          "impairment":{"delay":"20ms"},"backend":"netem","undone":[]}]}})";

TEST(Wire, ReadsALab) {
    const cli::LabState lab = cli::parse_lab(lab_body);
    ASSERT_EQ(lab.nodes.size(), 2U);
    EXPECT_EQ(lab.nodes[0].pid, 4711U);
    EXPECT_FALSE(lab.nodes[1].pid);
    EXPECT_EQ(lab.nodes[0].interfaces[0].rx_bytes, 1500U);
    EXPECT_EQ(lab.find("sw"), &lab.nodes[1]);
    EXPECT_EQ(lab.find("nobody"), nullptr);
}

TEST(Wire, RefusesWhatIsNoAnswer) {
    EXPECT_THROW((void)cli::parse_lab("[]"), cli::Failure);
    EXPECT_THROW((void)cli::parse_lab("{\"api\":1}"), cli::Failure);
    EXPECT_THROW((void)cli::parse_labs("<html>"), cli::Failure);
    EXPECT_TRUE(cli::parse_labs("{\"api\":1}").empty());
}

TEST(Views, Status) {
    const cli::LabState lab = cli::parse_lab(lab_body);
    EXPECT_EQ(cli::status_table(lab, {}, false, cli::Style{}),
              "NODE  KIND    STATE    PID   ADDRESSES     UPTIME  DAEMONS\n"
              "h1    host    running  4711  10.0.0.11/24  1m      web (failed)\n"
              "sw    switch  running  -     -             -       -\n"
              "! h1/web: died five times\nimpaired by netem: h1--r1\n");
    EXPECT_THAT(cli::status_table(lab, {"sw"}, false, cli::Style{}), Not(HasSubstr("h1 ")));
    EXPECT_THAT(cli::status_table(lab, {}, true, cli::Style{}), HasSubstr("fe80::1/64"));
    EXPECT_THAT(cli::status_table(lab, {}, true, cli::Style{}), HasSubstr("LEVEL   NETNS"));
    EXPECT_THAT(cli::status_table(lab, {}, true, cli::Style{}), HasSubstr("strict  two.h1"));
}

TEST(Views, ADegradedLabSaysWhy) {
    cli::LabState lab = cli::parse_lab(lab_body);
    lab.state = "degraded", lab.reason = "h1: eth0 is gone";
    EXPECT_THAT(cli::status_table(lab, {}, false, cli::Style{}),
                testing::StartsWith("lab two is degraded: h1: eth0 is gone\n"));
}

TEST(Views, Links) {
    const cli::LabState lab = cli::parse_lab(lab_body);
    EXPECT_EQ(cli::links_table(lab, "", cli::Style{}),
              "LINK    STATE  MTU   DELAY  LOSS  RATE  BY     RX      TX     ENDS\n"
              "h1--r1  up     1500  20ms   -     -     netem  1.5 kB  999 B  h1:eth0 r1:eth0\n");
    EXPECT_THAT(cli::links_table(lab, "sw", cli::Style{}), Not(HasSubstr("h1--r1")));
}

TEST(Json, NumbersAsAPersonWritesThem) {
    const boost::json::value value{0.041, 0.0, 1.5, 4711, 0.000046, 1e300, "\n", nullptr, true};
    EXPECT_EQ(cli::compact(value), "[0.041,0,1.5,4711,0.000046,1e+300,\"\\n\",null,true]\n");
    EXPECT_EQ(cli::pretty({{"a", boost::json::array{}}, {"b", {1, 2}}}),
              "{\n  \"a\": [],\n  \"b\": [\n    1,\n    2\n  ]\n}\n");
}

TEST(Json, ListsKeepTheirApi) {
    const std::string text =
        cli::listing_json(R"({"api":1,"labs":[{"name":"a"},{"name":"b"}]})", "labs", false);
    EXPECT_EQ(boost::json::parse(text).at("labs").as_array().size(), 2U);
    EXPECT_EQ(boost::json::parse(text).at("api"), 1);
    EXPECT_EQ(cli::listing_json(R"({"api":1,"labs":[{"name":"a"}]})", "labs", true),
              "{\"name\":\"a\"}\n");
    EXPECT_EQ(cli::listing_json(R"({"api":1})", "labs", false), "{\"api\":1,\"labs\":[]}\n");
}

TEST(Json, PartsOfALab) {
    const auto part = boost::json::parse(cli::part_json(lab_body, "nodes", {"h1"}, false));
    EXPECT_EQ(part.at("lab"), "two");
    ASSERT_EQ(part.at("nodes").as_array().size(), 1U);
    EXPECT_EQ(part.at("nodes").at(0).at("pid"), 4711);
}

TEST(Json, InspectFindsNodesLinksAndPointers) {
    EXPECT_EQ(boost::json::parse(cli::inspect_json(lab_body, "h1", "", true)).at("pid"), 4711);
    EXPECT_EQ(cli::inspect_json(lab_body, "h1", "/addresses/0", true), "10.0.0.11/24\n");
    EXPECT_EQ(cli::inspect_json(lab_body, "", "/name", true), "two\n");
    for (const char* link : {"h1--r1", "r1--h1", "r1:eth0"})
        EXPECT_EQ(boost::json::parse(cli::inspect_json(lab_body, link, "", false)).at("name"),
                  "h1--r1");
    EXPECT_EQ(boost::json::parse(cli::inspect_json(lab_body, "", "", true)).at("api"), 1);
}

TEST(Json, InspectSaysWhatIsNotThere) {
    const auto code = [](const char* what, const char* pointer) -> std::string {
        try {
            return cli::inspect_json(lab_body, what, pointer, true);
        } catch (const cli::Failure& failure) {
            return failure.code;
        }
    };
    EXPECT_EQ(code("h9", ""), "no_such_node");
    EXPECT_EQ(code("h1--h9", ""), "no_such_link");
    EXPECT_EQ(code("h1", "/nowhere"), "usage");
}

cli::UpResult result(std::vector<cli::UpAction> actions) {
    return {"two", std::move(actions), {}, 0.041, 3, 2};
}

TEST(UpWords, FirstTimeAgainAndChanged) {
    const cli::Style plain;
    const auto first = result({{"create", "node", "h1", "", "", {}},
                               {"create", "node", "r1", "", "", {}},
                               {"create", "node", "h2", "", "", {}},
                               {"create", "link", "h1--r1", "", "", {}},
                               {"update", "hosts", "/etc/hosts", "", "", {}}});
    EXPECT_EQ(cli::result_text(first, false, plain), "lab two up: 3 nodes, 2 links in 41 ms\n");
    EXPECT_EQ(cli::result_text(result({}), false, plain), "two: nothing to do\n");
    const auto change = result(
        {{"create", "node", "h3", "", "", {}}, {"update", "link", "h1--r1", "mtu 1400", "", {}}});
    EXPECT_EQ(cli::result_text(change, false, plain),
              "+ node h3\n~ link h1--r1  mtu 1400\nlab two changed: 2 steps, now 3 nodes, 2 links "
              "in 41 ms\n");
}

TEST(PlanWords, EveryStepTheCountsAndWhatIsKept) {
    auto change = result({{"create", "node", "h3", "", "", {}},
                          {"recreate", "node", "r1", "", "kind host → router", {}},
                          {"update", "link", "h1--r1", "mtu 1400", "", {}},
                          {"delete", "link", "x", "", "", {}}});
    EXPECT_EQ(cli::plan_text(change, cli::Style{}),
              "+ node h3\n-/+ node r1 (kind host → router: restarts)\n~ link h1--r1  mtu 1400\n"
              "- link x\n2 to add, 1 to change, 2 to destroy\n");
    EXPECT_EQ(cli::plan_text(result({}), cli::Style{}), "two: nothing to do\n");
    change.actions.clear();
    change.kept = {{"h1:eth0", "10.0.1.11/24", "10.0.2.11/24"}};
    EXPECT_EQ(cli::plan_text(change, cli::Style{}),
              "two: nothing to do\nwhat runs keeps its numbers; lab up --renumber would change\n"
              "  h1:eth0  10.0.1.11/24 → 10.0.2.11/24\n");
}

TEST(PlanWords, JsonSaysWhatWasAndWhatWillBe) {
    auto change = result({{"update", "link", "h1--r1", "mtu 1500 → 1400", "", {}}});
    change.actions[0].changes = {{"mtu", "1500", "1400"}, {"master", std::nullopt, "br0"}};
    change.kept = {{"h1:eth0", "a", "b"}};
    const auto told = boost::json::parse(cli::plan_json(change));
    EXPECT_EQ(told.at("actions").at(0).at("changes"),
              boost::json::parse(R"([{"path":"mtu","from":"1500","to":"1400"},
                                     {"path":"master","from":null,"to":"br0"}])"));
    EXPECT_EQ(told.at("change"), 1);
    EXPECT_EQ(told.at("add"), 0);
    EXPECT_EQ(told.at("kept"), boost::json::parse(R"([{"what":"h1:eth0","is":"a","fresh":"b"}])"));
}

TEST(UpWords, JsonHasActionsEvenWhenThereWereNone) {
    const auto nothing = boost::json::parse(cli::result_json(result({})));
    EXPECT_TRUE(nothing.at("actions").as_array().empty());
    EXPECT_EQ(nothing.at("lab"), "two");
    EXPECT_DOUBLE_EQ(nothing.at("elapsed").as_double(), 0.041);
    const auto one =
        boost::json::parse(cli::result_json(result({{"create", "node", "h1", "", "", {}}})));
    EXPECT_EQ(one.at("actions").at(0).at("kind"), "node");
}

TEST(Progress, ALineForEachPhaseOnceItIsDone) {
    cli::Progress lines(cli::ProgressStyle::lines);
    EXPECT_EQ(lines.text({"namespaces", 1, 3, 0.001}), "");
    EXPECT_EQ(lines.text({"namespaces", 3, 3, 0.004}), "namespaces 3/3  4.0 ms\n");
    EXPECT_EQ(lines.text({"namespaces", 3, 3, 0.005}), "");
    cli::Progress none(cli::ProgressStyle::none);
    EXPECT_EQ(none.text({"links", 2, 2, 0}), "");
}

TEST(Progress, StationsWithoutStepsForWhoWantsToKnowMore) {
    cli::Progress lines(cli::ProgressStyle::lines);
    EXPECT_EQ(lines.text({"plan", 0, 0, 0.001}), "");
    cli::Progress more(cli::ProgressStyle::lines, true);
    EXPECT_EQ(more.text({"plan", 0, 0, 0.001}), "plan  1.0 ms\n");
    EXPECT_EQ(more.text({"links", 2, 2, 0.004}), "links 2/2  4.0 ms\n");
}

TEST(Progress, OneRedrawnLineOnATerminal) {
    cli::Progress redrawn(cli::ProgressStyle::redrawn);
    EXPECT_EQ(redrawn.text({"namespaces", 3, 3, 0}), "\r\x1b[Knamespaces 3/3");
    EXPECT_EQ(redrawn.text({"links", 1, 2, 0}), "\r\x1b[Knamespaces 3/3  links 1/2");
    EXPECT_EQ(redrawn.text({"links", 2, 2, 0}), "\r\x1b[Knamespaces 3/3  links 2/2");
}

}  // namespace
