// Exit codes, and the two costumes of a failure.
#include "cli/error.hpp"

#include <boost/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using cli::Failure;
using testing::HasSubstr;

TEST(ExitCodes, FollowTheWire) {
    EXPECT_EQ(cli::exit_of("build_failed"), 1);
    EXPECT_EQ(cli::exit_of("invalid_topology"), 2);
    for (const char* absent : {"no_such_lab", "no_such_node", "no_such_link"})
        EXPECT_EQ(cli::exit_of(absent), 3);
    for (const char* ours : {"forbidden", "internal", "unreachable", "never heard of", ""})
        EXPECT_EQ(cli::exit_of(ours), 4);
    EXPECT_EQ(cli::exit_of("timeout"), 124);
    EXPECT_EQ(cli::Interrupted("x").exit, 130);
}

TEST(Failure, ForPeople) {
    Failure failure("no_such_node", "no node \"r9\" in this lab", "did you mean \"r1\"?");
    EXPECT_EQ(cli::render(failure, false),
              "lab: error: no node \"r9\" in this lab\n  hint: did you mean \"r1\"?\n");
    failure.file = "two.lab.toml", failure.line = 4, failure.column = 11;
    EXPECT_EQ(cli::render(failure, false).substr(0, 25), "two.lab.toml:4:11: error:");
}

TEST(Failure, ShowsTheLineThatIsToBlame) {
    Failure failure("build_failed", "h1: exec \"false\" failed: exit status 1");
    failure.file = "net/lab.toml", failure.line = 2, failure.column = 1;
    failure.sources = {{"net/lab.toml", "[nodes]\nh1 = { exec = [\"false\"] }\n"}};
    const std::string text = cli::render(failure, false);
    EXPECT_THAT(text, HasSubstr("net/lab.toml:2:1: error: h1: exec \"false\" failed"));
    EXPECT_THAT(text, HasSubstr("h1 = { exec = [\"false\"] }"));
    EXPECT_THAT(text, HasSubstr("^"));
}

TEST(Failure, ForPrograms) {
    const auto text = cli::render_json(Failure("no_such_lab", "gone", ""));
    const boost::json::object top = boost::json::parse(text).as_object();
    EXPECT_EQ(top.at("api"), 1);
    const boost::json::object& error = top.at("error").as_object();
    EXPECT_EQ(error.at("code"), "no_such_lab");
    EXPECT_EQ(error.at("message"), "gone");
    EXPECT_TRUE(error.at("file").is_null());
    EXPECT_TRUE(error.at("line").is_null());
    EXPECT_FALSE(top.contains("diagnostics"));
}

TEST(Failure, AllMistakesOfATopology) {
    Failure failure("invalid_topology", "the topology has mistakes");
    failure.sources = {{"x.lab.toml", "links = [[\"h1\",\"h9\"]]\n"}};
    topology::Diagnostic warning, error;
    warning.severity = topology::Severity::warning;
    warning.where.line = 0;
    error.code = "D14", error.message = "unknown node \"h9\" in a link";
    error.where.line = 1, error.where.column = 16, error.where.length = 4;
    failure.diagnostics = {warning, error};
    const boost::json::object top = boost::json::parse(cli::render_json(failure)).as_object();
    // The first real error is the short form; the list has both.
    EXPECT_EQ(top.at("error").as_object().at("code"), "invalid_topology");
    EXPECT_EQ(top.at("error").as_object().at("line"), 1);
    EXPECT_EQ(top.at("error").as_object().at("file"), "x.lab.toml");
    EXPECT_EQ(top.at("diagnostics").as_array().size(), 2U);
    EXPECT_EQ(top.at("diagnostics").as_array()[1].as_object().at("code"), "D14");
    EXPECT_EQ(failure.exit, 2);
}

}  // namespace
