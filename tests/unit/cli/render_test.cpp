// Columns, times, sizes and colours.
#include "cli/render.hpp"

#include <clocale>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using cli::Style;

struct Utf8Locale : testing::Test {
    void SetUp() override { ASSERT_NE(std::setlocale(LC_CTYPE, "C.utf8"), nullptr); }
    void TearDown() override { (void)std::setlocale(LC_CTYPE, "C"); }
};

TEST(Table, TwoSpacesAndDashes) {
    cli::Table table({"NODE", "STATE", "PID"});
    table.row({"h1", "running", "12"});
    table.row({"switch-1", "up", ""});
    table.row({"short"});
    EXPECT_EQ(table.text(Style{}),
              "NODE      STATE    PID\n"
              "h1        running  12\n"
              "switch-1  up       -\n"
              "short     -        -\n");
}

TEST(Table, ColoursTakeNoRoom) {
    const Style style{true};
    cli::Table table({"A", "B"});
    table.row({style.green("up"), "x"});
    table.row({"down", "y"});
    EXPECT_EQ(table.text(style),
              "\x1b[1mA\x1b[0m     \x1b[1mB\x1b[0m\n\x1b[32mup\x1b[0m    x\ndown  y\n");
}

TEST_F(Utf8Locale, WidthCountsColumnsNotBytes) {
    EXPECT_EQ(cli::width("✓ 0.1"), 5U);
    EXPECT_EQ(cli::width("日本"), 4U);
    EXPECT_EQ(cli::width("\x1b[31;1mred\x1b[0m"), 3U);
    EXPECT_EQ(cli::width("\xff\xfe"), 2U);
}

TEST(Style, WithoutColourNothingIsAdded) {
    EXPECT_EQ(Style{}.red("x"), "x");
    EXPECT_EQ(Style{}.state("failed"), "failed");
    EXPECT_EQ(Style{true}.state("unheard-of"), "unheard-of");
}

TEST(Words, Durations) {
    EXPECT_EQ(cli::duration(0.0003), "0.3 ms");
    EXPECT_EQ(cli::duration(0.041), "41 ms");
    EXPECT_EQ(cli::duration(1.25), "1.2 s");
    EXPECT_EQ(cli::duration(125), "2 m 05 s");
    EXPECT_EQ(cli::age(12.9), "12s");
    EXPECT_EQ(cli::age(3700), "1h1m");
    EXPECT_EQ(cli::age(90000), "1d1h");
}

TEST(Words, SizesAndCounts) {
    EXPECT_EQ(cli::byte_count(999), "999 B");
    EXPECT_EQ(cli::byte_count(1234), "1.2 kB");
    EXPECT_EQ(cli::byte_count(999'999), "1.0 MB");
    EXPECT_EQ(cli::count(1, "node"), "1 node");
    EXPECT_EQ(cli::count(0, "link"), "0 links");
}

}  // namespace
