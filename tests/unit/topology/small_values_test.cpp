// The small values: addresses, units, names, nearest words, expressions, and how mistakes look.
#include "topology/arithmetic.hpp"
#include "topology/diagnostic.hpp"
#include "topology/ip.hpp"
#include "topology/names.hpp"
#include "topology/suggest.hpp"
#include "topology/units.hpp"

#include <gtest/gtest.h>

using namespace topology;

namespace {

std::string ip(const char* text) {
    const auto parsed = Ip::parse(text);
    return parsed ? parsed->text() : "none";
}

TEST(Ip, ReadsAndWritesBothFamilies) {
    EXPECT_EQ(ip("10.0.0.1"), "10.0.0.1");
    EXPECT_EQ(ip("FD00:0:0:0:0:0:0:1"), "fd00::1");
    EXPECT_EQ(ip("::"), "::");
    EXPECT_EQ(ip("1::"), "1::");
    EXPECT_EQ(ip("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
    EXPECT_EQ(ip("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
    EXPECT_EQ(ip("::ffff:1.2.3.4"), "::ffff:1.2.3.4");
    EXPECT_EQ(ip("64:ff9b::1.2.3.4"), "64:ff9b::102:304");
}

TEST(Ip, RefusesWhatIsNone) {
    for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", ":",
                            ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
                            "12345::", "g::", "1:2:3:4:5:6:7::8", "::1%eth0", "1.2.3.4::"})
        EXPECT_EQ(ip(bad), "none") << bad;
}

TEST(Prefix, KnowsItsNetwork) {
    const Prefix prefix = *Prefix::parse("10.1.2.3/20");
    EXPECT_EQ(prefix.network().text(), "10.1.0.0/20");
    EXPECT_TRUE(prefix.has_host_bits());
    EXPECT_TRUE(prefix.contains(*Ip::parse("10.1.15.255")));
    EXPECT_FALSE(prefix.contains(*Ip::parse("10.1.16.0")));
    EXPECT_FALSE(prefix.contains(*Ip::parse("::1")));
    EXPECT_TRUE(prefix.overlaps(*Prefix::parse("10.0.0.0/8")));
    EXPECT_TRUE(Prefix::parse("0.0.0.0/0")->contains(*Ip::parse("255.1.1.1")));
    EXPECT_EQ(Prefix::parse("fd00::ff/121")->network().text(), "fd00::80/121");
    for (const char* bad : {"10.0.0.1", "10.0.0.1/", "10.0.0.1/33", "fd00::/129", "10.0.0.1/024"})
        EXPECT_FALSE(Prefix::parse(bad)) << bad;
}

TEST(Mac, ReadsWritesAndMakesLinkLocals) {
    const Mac mac = *Mac::parse("02:00:AA:11:11:11");
    EXPECT_EQ(mac.text(), "02:00:aa:11:11:11");
    EXPECT_EQ(mac.link_local().text(), "fe80::aaff:fe11:1111");
    EXPECT_TRUE(Mac::parse("01:00:5e:00:00:01")->is_multicast());
    EXPECT_FALSE(Mac::parse("02:00:aa:11:11"));
    EXPECT_FALSE(Mac::parse("2:0:aa:11:11:1"));
}

TEST(Units, NeedTheirUnit) {
    EXPECT_DOUBLE_EQ(*parse_seconds("20ms"), 0.02);
    EXPECT_DOUBLE_EQ(*parse_seconds("0.5 s"), 0.5);
    EXPECT_DOUBLE_EQ(*parse_seconds("50us"), 50e-6);
    EXPECT_DOUBLE_EQ(*parse_bits("1.5mbit"), 1.5e6);
    EXPECT_DOUBLE_EQ(*parse_bytes("64KiB"), 65536);
    EXPECT_DOUBLE_EQ(*parse_bytes("64MB"), 64e6);
    EXPECT_DOUBLE_EQ(*parse_percent("0.1%"), 0.1);
    for (const char* bad : {"", "20", "ms", "-1ms", "1e3ms", "1.ms", ".5ms", "20msx", "0x1ms"})
        EXPECT_FALSE(parse_seconds(bad)) << bad;
    EXPECT_TRUE(is_bare_number("20"));
    EXPECT_TRUE(is_bare_number("0.5"));
    EXPECT_FALSE(is_bare_number("20ms"));
}

TEST(Names, OfLabsAndNodes) {
    for (const char* good : {"a", "r1", "leaf-1_x", "0", "abcdefghijklmnopqrstuvwxyz012345"})
        EXPECT_TRUE(is_name(good)) << good;
    for (const char* bad :
         {"", "-a", "a-", "_a", "A", "a.b", "a b", "ä", "abcdefghijklmnopqrstuvwxyz0123456"})
        EXPECT_FALSE(is_name(bad)) << bad;
    EXPECT_EQ(make_name("My Lab!"), "my-lab");
    EXPECT_EQ(make_name("--"), "");
}

TEST(Names, OfInterfaces) {
    EXPECT_EQ(interface_name_trouble("eth0.10"), "");
    for (const char* bad :
         {"", "lo", "all", "default", ".", "..", "a/b", "a:b", "a b", "a%d", "1234567890123456"})
        EXPECT_NE(interface_name_trouble(bad), "") << bad;
}

TEST(Suggest, TheNearestWord) {
    EXPECT_EQ(edit_distance("delya", "delay"), 1U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(did_you_mean("delya", std::vector<std::string>{"delay", "deny"}),
              "did you mean \"delay\"?");
    EXPECT_EQ(did_you_mean("zzz", std::vector<std::string>{"delay"}), "");
    EXPECT_EQ(did_you_mean_name("h9", {"h1", "h2"}), "");
    EXPECT_EQ(join({"a", "b", "c"}), "a, b and c");
    EXPECT_EQ(join({"a", "b", "c", "d"}, 2), "a, b and 2 more");
}

TEST(Expressions, AreWholeNumbers) {
    const std::string i = "07", word = "cubic";
    const auto lookup = [&](const std::string& name) -> const std::string* {
        return name == "i" ? &i : name == "w" ? &word : nullptr;
    };
    const auto value = [&](const char* text) { return evaluate(text, lookup).value; };
    EXPECT_EQ(value("65000 + i"), 65007);
    EXPECT_EQ(value("2 + 3 * 4 - 10 / 3"), 11);
    EXPECT_EQ(value("-(i % 4) * 2"), -6);
    EXPECT_EQ(value("--5"), 5);
    EXPECT_EQ(evaluate("x + 1", lookup).unknown, "x");
    for (const char* bad : {"", "1 +", "(1", "1)", "1 2", "1.5", "1 / 0", "9223372036854775807 + 1",
                            "w + 1", "1 ** 2", "(-9223372036854775807 - 1) / -1"})
        EXPECT_FALSE(value(bad)) << bad;
    EXPECT_FALSE(value((std::string(100'000, '(') + "1").c_str()));
    EXPECT_FALSE(value((std::string(100'000, '-') + "1").c_str()));
}

TEST(Render, ShowsTheLineACaretAndTheHint) {
    const Sources sources{{"two.lab.toml", "name = \"x\"\nlinks = [[\"h1\", \"h9\"]]\r\n"}};
    const Diagnostic diagnostic{Severity::error, Where{0, 2, 17, 4}, "D14", "unknown node \"h9\"",
                                "add it"};
    EXPECT_EQ(render(diagnostic, sources, false),
              "two.lab.toml:2:17: error: unknown node \"h9\" [D14]\n"
              "    2 | links = [[\"h1\", \"h9\"]]\n"
              "      |                 ^~~~\n"
              "  hint: add it\n");
    EXPECT_NE(render(diagnostic, sources, true).find("\x1b[1;31merror\x1b[0m"), std::string::npos);
}

TEST(Render, CountsCharactersAndHidesControls) {
    const Sources sources{{"a", "é\t\x1b[31m\"x\"\n"}};
    EXPECT_EQ(
        render({Severity::warning, Where{0, 1, 9, 3}, "", "bad \x1b[31m", ""}, sources, false),
        "a:1:9: warning: bad ?[31m\n"
        "    1 | é ?[31m\"x\"\n"
        "      |        ^~~\n");
}

TEST(Render, CutsLongLines) {
    const Sources sources{{"a", std::string(100'000, 'x')}};
    const std::string text =
        render({Severity::error, Where{0, 1, 50'000, 1}, "", "m", ""}, sources, false);
    EXPECT_LT(text.size(), 600U);
}

TEST(Render, PlacesOutsideOfTheFileDoNoHarm) {
    const Sources sources{{"a", "short\n"}};
    (void)render({Severity::error, Where{0, 99, 99, 99}, "", "m", ""}, sources, false);
    (void)render({Severity::error, Where{0, 1, 99, 99}, "", "m", ""}, sources, false);
    EXPECT_EQ(render({Severity::error, Where{7, 1, 1, 1}, "", "m", ""}, sources, false),
              "lab:1:1: error: m\n");
}

TEST(Render, ErrorsComeFirstAndTheRestIsCounted) {
    const Sources sources{{"a", "x\ny\nz\n"}};
    const std::vector<Diagnostic> list{{Severity::notice, Where{0, 1, 1, 1}, "", "n", ""},
                                       {Severity::error, Where{0, 3, 1, 1}, "", "e3", ""},
                                       {Severity::error, Where{0, 2, 1, 1}, "", "e2", ""}};
    EXPECT_EQ(render(list, sources, false, 2),
              "a:2:1: error: e2\n    2 | y\n      | ^\na:3:1: error: e3\n    3 | z\n      | ^\n... "
              "and 1 more\n");
}

TEST(Diagnostics, SortsAndSaysThingsOnce) {
    Diagnostics diagnostics;
    diagnostics.error("B", Where{0, 2, 1, 1}, "b");
    diagnostics.error("A", Where{0, 1, 1, 1}, "a");
    diagnostics.error("B", Where{0, 2, 1, 1}, "b");
    diagnostics.sort();
    ASSERT_EQ(diagnostics.all().size(), 2U);
    EXPECT_EQ(diagnostics.all()[0].code, "A");
    EXPECT_TRUE(diagnostics.failed());
}

}  // namespace
