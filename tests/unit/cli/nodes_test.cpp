// Node sets on the command line.
#include "cli/nodes.hpp"

#include "cli/error.hpp"
#include "cli/link_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using cli::expand_range;
using cli::select_nodes;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<cli::KnownNode> lab() {
    return {{"h1", {"host"}},     {"h2", {"host"}},           {"h10", {"host"}},
            {"hub", {"hub"}},     {"r1", {"core", "router"}}, {"r2", {"router"}},
            {"leaf-a", {"bare"}}, {"leaf-b", {"bare"}}};
}

cli::Failure failure_of(std::string_view words) {
    try {
        (void)select_nodes(lab(), words);
    } catch (const cli::Failure& failure) {
        return failure;
    }
    return {"none", "nothing was thrown"};
}

TEST(Range, CountsUpAndKeepsPadding) {
    EXPECT_THAT(expand_range("h[1-3]"), ElementsAre("h1", "h2", "h3"));
    EXPECT_THAT(expand_range("h[08-10]"), ElementsAre("h08", "h09", "h10"));
    EXPECT_THAT(expand_range("h[1,3,5-6]"), ElementsAre("h1", "h3", "h5", "h6"));
    EXPECT_THAT(expand_range("sw[a,b]"), ElementsAre("swa", "swb"));
    EXPECT_THAT(expand_range("plain"), ElementsAre("plain"));
}

TEST(Range, LastOneVariesFastest) {
    EXPECT_THAT(expand_range("p[1-2]-[a,b]"), ElementsAre("p1-a", "p1-b", "p2-a", "p2-b"));
}

TEST(Range, EmptyAndWrongOnes) {
    EXPECT_TRUE(expand_range("h[1-0]").empty());
    EXPECT_THROW((void)expand_range("h[3-1]"), cli::Failure);
    EXPECT_THROW((void)expand_range("h[1-99999]"), cli::Failure);
    EXPECT_THROW((void)expand_range("h[1-2"), cli::Failure);
    EXPECT_THROW((void)expand_range("h[a-c]"), cli::Failure);
    EXPECT_THAT(expand_range("h[core-a,b]"), ElementsAre("hcore-a", "hb"));
}

TEST(NodeSet, OneName) {
    EXPECT_THAT(select_nodes(lab(), "r1"), ElementsAre("r1"));
}

TEST(NodeSet, DigitsOnlyStar) {
    EXPECT_THAT(select_nodes(lab(), "h[*]"), ElementsAre("h1", "h2", "h10"));
    EXPECT_THAT(select_nodes(lab(), "h*"), ElementsAre("h1", "h2", "h10", "hub"));
    EXPECT_THAT(select_nodes(lab(), "leaf-*"), ElementsAre("leaf-a", "leaf-b"));
}

TEST(NodeSet, KindsAndThoseThatExtendThem) {
    EXPECT_THAT(select_nodes(lab(), "@router"), ElementsAre("r1", "r2"));
    EXPECT_THAT(select_nodes(lab(), "@core"), ElementsAre("r1"));
}

TEST(NodeSet, ListsAreInFileOrderWithoutRepeats) {
    EXPECT_THAT(select_nodes(lab(), "r2,h[1-2],h1,@router"), ElementsAre("h1", "h2", "r1", "r2"));
    EXPECT_THAT(select_nodes(lab(), "h[1,2],r1"), ElementsAre("h1", "h2", "r1"));
    EXPECT_EQ(select_nodes(lab(), "all").size(), lab().size());
}

TEST(NodeSet, UnknownNamesAreThreeWithANearOne) {
    const cli::Failure failure = failure_of("r11");
    EXPECT_EQ(failure.exit, 3);
    EXPECT_EQ(failure.code, "no_such_node");
    EXPECT_THAT(failure.message, HasSubstr("\"r11\""));
    EXPECT_THAT(failure.hint, HasSubstr("did you mean \"r1\"?"));
}

TEST(NodeSet, RangesSayWhichAreMissing) {
    EXPECT_EQ(failure_of("h[1-4]").message, "\"h[1-4]\" names h3, h4, which do not exist");
    EXPECT_EQ(failure_of("h[2-3]").message, "\"h[2-3]\" names h3, which does not exist");
}

TEST(NodeSet, NothingMatchedIsAnError) {
    EXPECT_EQ(failure_of("x*").exit, 3);
    EXPECT_EQ(failure_of("@nat").exit, 3);
    EXPECT_EQ(failure_of("h1,,h2").exit, 2);
}

TEST(NodeSet, KnowsSetsBySight) {
    EXPECT_FALSE(cli::is_set("r1"));
    for (const char* set : {"h[1-3]", "all", "h*", "@host", "h1,h2"}) EXPECT_TRUE(cli::is_set(set));
}

cli::LinkState link(const std::string& name, const std::string& a, const std::string& b) {
    cli::LinkState out;
    out.name = name;
    out.ends = {{a, "eth0", {}}, {b, "eth0", {}}};
    return out;
}

TEST(Links, MayBeCalledFromTheirOtherEnd) {
    cli::LabState state;
    state.links = {link("h1--r1", "h1", "r1"), link("h2--r1", "h2", "r1"),
                   link("h2--r1-2", "h2", "r1")};
    EXPECT_THAT(cli::links_meant(state, {"h1--r1"}), ElementsAre("h1--r1"));
    EXPECT_THAT(cli::links_meant(state, {"r1--h1"}), ElementsAre("h1--r1"));
    EXPECT_EQ(cli::link_called(state, "h2--r1")->name, "h2--r1");
    EXPECT_EQ(cli::link_called(state, "r1--h2"), nullptr) << "there are two";
    EXPECT_EQ(cli::link_called(state, "h1--h2"), nullptr);
    EXPECT_EQ(cli::link_called(state, "r1--h2-2")->name, "h2--r1-2");
    EXPECT_EQ(cli::link_called(state, "r1--h1-2"), nullptr);
}

}  // namespace
