// Quoting for JSON; Boost.JSON reads it back as the second opinion.
#include "labd/json_text.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

namespace {

using labd::quote_json;

TEST(QuoteJson, EscapesWhatMustBe) {
    EXPECT_EQ(quote_json("a\"b\\c\n\t\x1b\x7f"), R"("a\"b\\c\n\u0009\u001b\u007f")");
    EXPECT_EQ(quote_json(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(QuoteJson, KeepsUtf8) {
    for (const char* text : {"é", "€", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"})
        EXPECT_EQ(quote_json(text), '"' + std::string(text) + '"');
}

TEST(QuoteJson, ReplacesWhatIsNoUtf8) {
    struct Case {
        const char *bytes, *want;
    };
    for (const auto& [bytes, want] : {Case{"\xff", "\"\uFFFD\""}, Case{"a\xc3", "\"a\uFFFD\""},
                                      Case{"\xc0\xaf", "\"\uFFFD\uFFFD\""},            // overlong
                                      Case{"\xed\xa0\x80", "\"\uFFFD\uFFFD\uFFFD\""},  // surrogate
                                      Case{"\xf4\x90\x80\x80", "\"\uFFFD\uFFFD\uFFFD\uFFFD\""},
                                      Case{"\xe2\x82z", "\"\uFFFD\uFFFDz\""}})
        EXPECT_EQ(quote_json(bytes), want);
}

TEST(QuoteJson, IsAlwaysReadable) {
    for (int high = 0; high < 256; ++high)
        for (int low = 0; low < 256; ++low) {
            const std::string bytes{static_cast<char>(high), static_cast<char>(low)};
            boost::system::error_code error;
            (void)boost::json::parse(quote_json(bytes), error);
            ASSERT_FALSE(error) << high << " " << low;
        }
}

TEST(ErrorJson, HasAllParts) {
    EXPECT_EQ(labd::error_json("no_such_lab", "no lab \"x\"", "see lab ls"),
              R"({"api":1,"error":{"code":"no_such_lab","message":"no lab \"x\"",)"
              R"("hint":"see lab ls"}})");
}

}  // namespace
