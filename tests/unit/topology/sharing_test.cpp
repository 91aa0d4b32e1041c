// `group` and `allow`: with whom a lab is shared, and how far.
#include "topology/sharing.hpp"

#include "tests/support/expanded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using topology::Right;

const std::string nodes = "[nodes]\nh1 = \"host\"\n";

std::vector<std::string> shares(const test::Expanded& expanded) {
    std::vector<std::string> all;
    for (const topology::Share& share : expanded.lab.shares)
        all.push_back((share.group ? "@" : "") + share.name + " " +
                      std::string(topology::word(share.right)));
    return all;
}

TEST(Sharing, NobodyUnlessTheFileSaysSo) {
    EXPECT_THAT(shares(test::expand(nodes)), IsEmpty());
}

TEST(Sharing, TheGroupComesFirstAndTheWholeRightIsTheDefault) {
    const auto lab = test::expand(
        "allow = [\"bob\", \"carol:see\", \"dan:enter\"]\n"
        "group = \"team:enter\"\n" +
        nodes);
    EXPECT_FALSE(lab.diagnostics.failed()) << lab.text();
    EXPECT_THAT(shares(lab), ElementsAre("@team enter", "bob change", "carol see", "dan enter"));
}

TEST(Sharing, IncludedFilesAddTheirs) {
    const auto lab =
        test::expand({{"a.lab.toml", "include = [\"class.toml\"]\nallow = [\"bob\"]\n" + nodes},
                      {"class.toml", "group = \"class\"\nallow = [\"teacher\"]\n"}},
                     "a.lab.toml");
    EXPECT_FALSE(lab.diagnostics.failed()) << lab.text();
    EXPECT_THAT(shares(lab), ElementsAre("@class change", "teacher change", "bob change"));
}

TEST(Sharing, TakesNamesOfDirectoryServices) {
    const auto lab =
        test::expand("allow = [\"EXAMPLE\\\\ann\", \"ann@example.org\", \"svc$\"]\n" + nodes);
    EXPECT_FALSE(lab.diagnostics.failed()) << lab.text();
    EXPECT_EQ(lab.lab.shares.size(), 3U);
}

TEST(Sharing, RefusesWhatIsNoName) {
    for (const char* bad : {"", "-rf", "a b", "a/b", "a,b", "a\\nb", "\\u001b[31m", ":see"}) {
        const auto lab = test::expand("allow = [\"" + std::string(bad) + "\"]\n" + nodes);
        EXPECT_EQ(lab.of("D80").size(), 1U) << bad << "\n" << lab.text();
    }
    const auto group = test::expand("group = \"\"\n" + nodes);
    ASSERT_EQ(group.of("D80").size(), 1U);
    EXPECT_EQ(group.of("D80")[0]->message, "\"\" is no name of a group");
    EXPECT_EQ(group.of("D80")[0]->hint, "group = \"students\"");
}

TEST(Sharing, RefusesRightsThatThereAreNot) {
    const auto lab = test::expand("allow = [\"bob\", \"carol:entr\"]\n" + nodes);
    ASSERT_EQ(lab.of("D81").size(), 1U) << lab.text();
    EXPECT_EQ(lab.of("D81")[0]->where.line, 1U);
    EXPECT_EQ(lab.of("D81")[0]->where.column, 17U);
    EXPECT_EQ(lab.of("D81")[0]->message, "\"entr\" is nothing that carol may do");
    EXPECT_EQ(lab.of("D81")[0]->hint, "did you mean \"enter\"? one of: see enter change");
}

TEST(Sharing, AllowIsAListAndStandsAboveTheTables) {
    EXPECT_EQ(test::expand("allow = \"bob\"\n" + nodes).of("TYPE")[0]->hint, "allow = [\"bob\"]");
    const auto below = test::expand("[defaults.node]\nallow = [\"bob\"]\n" + nodes);
    ASSERT_EQ(below.of("D7").size(), 1U) << below.text();
}

}  // namespace
