// base64 and UTF-8: what may stand in JSON and what may not.
#include "labd/base64.hpp"
#include "labd/utf8.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Base64, VectorsOfRfc4648) {
    EXPECT_EQ(labd::base64_encode(""), "");
    EXPECT_EQ(labd::base64_encode("f"), "Zg==");
    EXPECT_EQ(labd::base64_encode("fo"), "Zm8=");
    EXPECT_EQ(labd::base64_encode("foo"), "Zm9v");
    EXPECT_EQ(labd::base64_encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, EveryByteComesBack) {
    std::string all;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
        EXPECT_EQ(labd::base64_decode(labd::base64_encode(all)), all);
        all += 'x';  // every remainder of three
    }
    EXPECT_FALSE(labd::base64_decode("a*b="));
}

TEST(Utf8, WellFormedOnly) {
    EXPECT_TRUE(labd::is_utf8("plain, ✓, 日本, 🎉"));
    EXPECT_FALSE(labd::is_utf8("\xff"));
    EXPECT_FALSE(labd::is_utf8("\xc0\xaf")) << "overlong";
    EXPECT_FALSE(labd::is_utf8("\xed\xa0\x80")) << "surrogate";
    EXPECT_FALSE(labd::is_utf8("\xe2\x9c")) << "cut off";
    EXPECT_FALSE(labd::is_utf8(std::string_view("a\0b", 3)));
    EXPECT_EQ(labd::to_utf8("a\xff✓"), "a\xef\xbf\xbd✓");
}

TEST(Utf8, PrintableHasNoControlCharacters) {
    EXPECT_EQ(labd::printable("eth0 → ✓"), "eth0 → ✓");
    EXPECT_EQ(labd::printable("a\nb\x1b[2J\x7f"), "a?b?[2J?");
    EXPECT_EQ(labd::printable("a\xff"), "a?");
    EXPECT_EQ(labd::printable("\xc2\x9b"
                              "2J \xc3\x9b"),
              "?2J \xc3\x9b");
}

}  // namespace
