// What a node's log may do to a terminal.
#include "cli/terminal_text.hpp"

#include <gtest/gtest.h>

namespace {

std::string shown(std::string_view text) {
    cli::TerminalText whole;
    std::string all = whole.take(text);
    all += whole.rest();
    // However the bytes come.
    cli::TerminalText single;
    std::string one_by_one;
    for (const char& c : text) one_by_one += single.take({&c, 1});
    EXPECT_EQ(one_by_one + single.rest(), all);
    return all;
}

TEST(TerminalText, TextStaysAsItIs) {
    EXPECT_EQ(shown("GET /\t200\nÄöü → £ 漢\n"), "GET /\t200\nÄöü → £ 漢\n");
    EXPECT_EQ(shown(""), "");
    EXPECT_EQ(shown("no end"), "no end");
}

TEST(TerminalText, ColoursPassAndEndWithTheirLine) {
    EXPECT_EQ(shown("\x1b[1;31mred\nplain\n"), "\x1b[1;31mred\x1b[m\nplain\n");
    EXPECT_EQ(shown("\x1b[38;2;1;2;3mx"), "\x1b[38;2;1;2;3mx\x1b[m");
}

TEST(TerminalText, CommandsAreShown) {
    EXPECT_EQ(shown("\x1b]0;title\x07x"), "\\x1b]0;title\\x07x");
    EXPECT_EQ(shown("\x1b[2Jx"), "\\x1b[2Jx");
    EXPECT_EQ(shown("\x1b[?1049hx"), "\\x1b[?1049hx");
    EXPECT_EQ(shown("\x1b\x1b[31mx\n"), "\\x1b\x1b[31mx\x1b[m\n");
    EXPECT_EQ(shown("ok\rno"), "ok\\x0dno");
    EXPECT_EQ(shown("a\b\x7f"), "a\\x08\\x7f");
    EXPECT_EQ(shown("\xc2\x9b"
                    "2Jx"),
              "\\u009b2Jx");
    EXPECT_EQ(shown("right\u202eleft"), "right\\u202eleft");
    EXPECT_EQ(shown("\x1b[31"), "\\x1b[31");
    EXPECT_EQ(shown("\x1b"), "\\x1b");
    EXPECT_EQ(shown(std::string_view("\0", 1)), "\\x00");
}

TEST(TerminalText, ALineWithoutAnEndIsNotKept) {
    cli::TerminalText text;
    EXPECT_EQ(text.take(std::string(100'000, 'x')).size(), 100'000U);
}

}  // namespace
