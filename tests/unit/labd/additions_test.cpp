// What was added by hand in words, and whose turn it is.
#include "labd/additions.hpp"

#include <gtest/gtest.h>

namespace labd {
namespace {

TEST(Additions, are_said_without_anything_that_a_terminal_would_obey) {
    const topology::Action action{"create", "address", "h1:eth0", "192.0.2.7/24"};
    EXPECT_EQ(addition_words(action), "address h1:eth0 (192.0.2.7/24)");
    const topology::Action hostile{"create", "address", "h1:\x1b[2J\xff\n", "192.0.2.7/24"};
    EXPECT_EQ(addition_words(hostile), "address h1:?[2J?? (192.0.2.7/24)");
}

TEST(Additions, are_looked_at_by_turns_where_there_are_many) {
    const std::set<std::string> few{"a", "b", "c"};
    std::string last = "b";
    EXPECT_EQ(turn_of(last, few, 3), few);
    EXPECT_EQ(turn_of(last, few, 2), (std::set<std::string>{"a", "c"}));
    EXPECT_EQ(last, "a");
    EXPECT_EQ(turn_of(last, few, 1), std::set<std::string>{"b"});
    last = "x";  // one that has gone
    EXPECT_EQ(turn_of(last, few, 1), std::set<std::string>{"a"});
    EXPECT_EQ(turn_of(last, {}, 1), std::set<std::string>{});
}

}  // namespace
}  // namespace labd
