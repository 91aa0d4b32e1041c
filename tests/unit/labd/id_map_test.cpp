// Ids of an ordinary user's labs: which there are, and which lab gets them.
#include "labd/id_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace labd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(IdMap, is_read_and_written_as_the_kernel_does) {
    const IdMap map =
        parse_id_map("         0       1000          1\n         1     100000      65536\n");
    EXPECT_THAT(map, ElementsAre(IdExtent{0, 1000, 1}, IdExtent{1, 100000, 65536}));
    EXPECT_EQ(to_text(map), "0 1000 1\n1 100000 65536\n");
    EXPECT_THAT(to_words(map), ElementsAre("0", "1000", "1", "1", "100000", "65536"));
    EXPECT_THAT(parse_id_map("nonsense\n\n0 1\n"), IsEmpty());
}

TEST(IdMap, ranges_are_the_users_by_name_and_by_number) {
    const char* file =
        "# subuid(5)\nann:100000:65536\nbob:165536:65536\n1000:300000:10\nann:x:5\nann:7\nann:9:0\n"
        "anna:500000:65536\n";
    EXPECT_THAT(subordinate_ranges(file, "ann", 1000),
                ElementsAre(SubordinateRange{100000, 65536}, SubordinateRange{300000, 10}));
    EXPECT_THAT(subordinate_ranges(file, "eve", 7), IsEmpty());
}

TEST(IdMap, a_user_is_root_of_their_namespace_and_has_as_many_more_as_a_lab) {
    EXPECT_THAT(user_map(1000, {{100000, 65536}}),
                ElementsAre(IdExtent{0, 1000, 1}, IdExtent{1, 100000, 65536}));
    EXPECT_THAT(user_map(1000, {{100000, 60000}, {300000, 60000}, {500000, 1}}),
                ElementsAre(IdExtent{0, 1000, 1}, IdExtent{1, 100000, 60000},
                            IdExtent{60001, 300000, 5536}));
    EXPECT_THAT(user_map(1000, {}), ElementsAre(IdExtent{0, 1000, 1}));
}

TEST(IdMap, root_of_a_lab_is_not_the_user) {
    const IdMap whole = lab_map_below(user_map(1000, {{100000, 65536}}));
    EXPECT_THAT(whole, ElementsAre(IdExtent{0, 1, 65536}));
    EXPECT_EQ(last_id(whole), 65535U);
    // Every extent lies within one of U's.
    const IdMap pieces = lab_map_below(user_map(1000, {{100000, 1000}, {300000, 1000}}));
    EXPECT_THAT(pieces, ElementsAre(IdExtent{0, 1, 1000}, IdExtent{1000, 1001, 1000}));
    EXPECT_EQ(last_id(pieces), 1999U);
}

TEST(IdMap, a_user_without_a_range_has_to_be_root_of_the_lab) {
    const IdMap single = lab_map_below(user_map(1000, {}));
    EXPECT_THAT(single, ElementsAre(IdExtent{0, 0, 1}));
    EXPECT_EQ(last_id(single), 0U);
}

}  // namespace
}  // namespace labd
