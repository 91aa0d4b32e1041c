// Lines of the log: one per event, whatever the event's text holds.
#include "labd/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::log::format;
using labd::log::Level;
using testing::EndsWith;
using testing::StartsWith;

TEST(Log, StartsWithThePriorityForTheJournal) {
    EXPECT_EQ(format(Level::error, "no", ""), "<3>no");
    EXPECT_EQ(format(Level::debug, "hm", ""), "<7>hm");
}

TEST(Log, StartsWithTheTimeElsewhere) {
    EXPECT_EQ(format(Level::warning, "low", "2026-01-02T03:04:05Z"),
              "2026-01-02T03:04:05Z warning: low");
}

TEST(Log, KeepsOneEventOnOneLine) {
    EXPECT_EQ(format(Level::info, "a\nfake: b\r\x1b[31m\x7f" + std::string(1, '\0') + "é", ""),
              "<6>a\\x0afake: b\\x0d\\x1b[31m\\x7f\\x00é");
}

TEST(Log, CutsWhatIsTooLong) {
    const std::string line = format(Level::info, std::string(10'000, 'x'), "");
    EXPECT_THAT(line, StartsWith("<6>" + std::string(4096, 'x')));
    EXPECT_THAT(line, EndsWith("(10000 bytes)"));
    EXPECT_LT(line.size(), 4200U);
}

TEST(Log, KnowsItsLevels) {
    Level level = Level::info;
    EXPECT_TRUE(labd::log::parse_level("notice", level));
    EXPECT_EQ(level, Level::notice);
    for (const char* none : {"", "loud", "INFO"}) EXPECT_FALSE(labd::log::parse_level(none, level));
    EXPECT_EQ(level, Level::notice);
}

TEST(Log, LeavesOutWhatIsBelowTheLevel) {
    testing::internal::CaptureStderr();
    labd::log::set_level(Level::warning);
    labd::log::info("quiet");
    labd::log::warning("loud");
    labd::log::set_level(Level::info);
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                testing::AllOf(EndsWith("loud\n"), testing::Not(testing::HasSubstr("quiet"))));
}

}  // namespace
