// What others wrote does not drive our terminal.
#include "cli/visible.hpp"

#include <gtest/gtest.h>

namespace {

using cli::visible;

TEST(Visible, LeavesPlainTextAlone) {
    EXPECT_EQ(visible("ip -br addr | grep 'ü→ 中' \\ \"x\""),
              "ip -br addr | grep 'ü→ 中' \\ \"x\"");
    EXPECT_EQ(visible(""), "");
}

TEST(Visible, ShowsWhatDrivesATerminal) {
    EXPECT_EQ(visible("\x1b[31mred\x07\x7f"), "\\x1b[31mred\\x07\\x7f");
    EXPECT_EQ(visible("a\nb\tc\rd"), "a\\nb\\tc\\x0dd");
    EXPECT_EQ(visible(std::string("a\0b", 3)), "a\\x00b");
    EXPECT_EQ(visible("\xc2\x9b"
                      "31m"),
              "\\u009b31m")
        << "CSI in one sign";
    EXPECT_EQ(visible("\xe2\x80\xae"
                      "txt.exe"),
              "\\u202etxt.exe")
        << "right to left";
    EXPECT_EQ(visible("\xe2\x81\xa6x\xe2\x80\xa8"), "\\u2066x\\u2028");
}

TEST(Visible, ShowsBytesThatAreNoText) {
    EXPECT_EQ(visible("\xff\xc3("), "\\xff\\xc3(");
    EXPECT_EQ(visible("\xe4\xb8"), "\\xe4\\xb8") << "cut short";
    EXPECT_EQ(visible("\xc0\x9b"), "\\xc0\\x9b") << "longer than need be";
}

TEST(Visible, IsCutToItsColumns) {
    EXPECT_EQ(visible("abcdef", 6), "abcdef");
    EXPECT_EQ(visible("abcdef", 3), "abc…");
    EXPECT_EQ(visible("\x1b"
                      "abc",
                      4),
              "\\x1b…");
}

}  // namespace
