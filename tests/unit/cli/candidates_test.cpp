// What completion offers.
#include "cli/candidates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

cli::Names names() {
    return {{"clos", "two-hosts"}, {"h1", "h2", "r1"}, {"h1--r1", "h2--r1"}, {"r1/ospfd"}};
}

std::vector<std::string> offered(const std::vector<std::string>& words) {
    return cli::candidates(words, names);
}

TEST(Completion, Verbs) {
    EXPECT_THAT(offered({"stat"}), ElementsAre("status"));
    EXPECT_THAT(offered({""}), Contains("up"));
    EXPECT_THAT(offered({"-L", "clos", "ex"}), ElementsAre("exec"));
    EXPECT_THAT(offered({"nonsense", ""}), IsEmpty());
}

TEST(Completion, Flags) {
    EXPECT_THAT(offered({"up", "--rec"}), ElementsAre("--recreate"));
    EXPECT_THAT(offered({"up", "--"}), Contains("--dry-run"));
    EXPECT_THAT(offered({"--j"}), ElementsAre("--json"));
    EXPECT_THAT(offered({"ls", "--"}), Not(Contains("--dry-run")));
}

TEST(Completion, LivingNames) {
    EXPECT_THAT(offered({"shell", "h"}), ElementsAre("h1", "h2"));
    EXPECT_THAT(offered({"sh", "r"}), ElementsAre("r1")) << "aliases are verbs";
    EXPECT_THAT(offered({"-L", "t"}), ElementsAre("two-hosts"));
    EXPECT_THAT(offered({"down", ""}), ElementsAre("clos", "two-hosts"));
    EXPECT_THAT(offered({"inspect", "h1"}), ElementsAre("h1", "h1--r1"));
    EXPECT_THAT(offered({"logs", "r1"}), ElementsAre("r1", "r1/ospfd"));
    EXPECT_THAT(offered({"up", "--recreate", "r"}), ElementsAre("r1"));
}

TEST(Completion, TheCommandOfExecIsNotOurs) {
    EXPECT_THAT(offered({"exec", "r"}), ElementsAre("r1"));
    EXPECT_THAT(offered({"exec", "-u", "frr", "r"}), ElementsAre("r1"));
    EXPECT_THAT(offered({"exec", "r1", ""}), IsEmpty());
    EXPECT_THAT(offered({"exec", "r1", "--", "-"}), IsEmpty());
}

TEST(Completion, OneLetterIsAValueHereAndAFlagThere) {
    EXPECT_THAT(offered({"logs", "-f", "h"}), ElementsAre("h1", "h2"));
    EXPECT_THAT(offered({"graph", "-f", "s"}), ElementsAre("svg"));
}

TEST(Completion, AsksForNamesOnlyWhenTheyAreWanted) {
    bool asked = false;
    const auto spy = [&] {
        asked = true;
        return names();
    };
    (void)cli::candidates({"up", "x"}, spy);
    (void)cli::candidates({"st"}, spy);
    EXPECT_FALSE(asked);
    (void)cli::candidates({"shell", ""}, spy);
    EXPECT_TRUE(asked);
}

}  // namespace
