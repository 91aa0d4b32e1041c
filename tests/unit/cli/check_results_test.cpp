// The stream of a run in, every report out.
#include "cli/check_results.hpp"

#include "cli/error.hpp"

#include <clocale>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace cli;
using testing::HasSubstr;

CheckSuite suite_of(std::initializer_list<const char*> lines) {
    CheckSuite suite;
    suite.lab = "two<hosts";
    suite.file = "two.lab.toml";
    for (const char* line : lines) (void)take_line(suite, line);
    return suite;
}

CheckSuite mixed() {
    return suite_of(
        {R"({"api":1,"type":"plan","checks":[{"check":0,"name":"ping h1 → h2","subject":"ping","file":"two.lab.toml","line":13,"points":2,"hint":"","level":"error"},{"check":2,"name":"web, #1: 100%","subject":"tcp","file":"two.lab.toml","line":16,"points":3,"hint":"the port","level":"error"},{"check":3,"name":"late","subject":"http","file":"","line":0,"points":0,"hint":"","level":"error"},{"check":4,"name":"soft","subject":"ping","file":"","line":0,"points":0,"hint":"","level":"warn"},{"check":5,"name":"odd","subject":"run","file":"","line":0,"points":0,"hint":"","level":"error"}]})",
         R"({"type":"begin","check":0})",
         R"({"type":"seen","check":0,"ok":true,"elapsed":0.1,"value":"0.3 ms"})",
         R"({"type":"check","check":0,"result":"passed","elapsed":1.2,"tries":2,"first_ok":1.2,"value":"0.3 ms","reason":"","history":[{"elapsed":0.1,"value":"no reply"},{"elapsed":1.2,"value":"0.3 ms"}],"metrics":{"rtt":0.0003}})",
         R"({"type":"check","check":2,"result":"failed","elapsed":5,"tries":12,"first_ok":null,"value":"Connection \"refused\"","reason":"","history":[{"elapsed":0.1,"value":"no answer"},{"elapsed":4,"value":"Connection \"refused\""}],"metrics":{}})",
         R"({"type":"check","check":3,"result":"skipped","elapsed":0,"tries":0,"first_ok":null,"value":"","reason":"\"web\" has not passed","history":[],"metrics":{}})",
         R"({"type":"check","check":4,"result":"failed","elapsed":1,"tries":1,"first_ok":null,"value":"no reply","reason":"","history":[],"metrics":{}})",
         R"({"type":"check","check":5,"result":"error","elapsed":1,"tries":1,"first_ok":null,"value":"","reason":"h1: no such program","history":[],"metrics":{}})",
         R"({"type":"summary","passed":1,"failed":1,"skipped":1,"errors":1,"warnings":1,"points":2,"of":5,"elapsed":8.5})"});
}

TEST(CheckResults, CountsAndExitCodes) {
    CheckCounts counts;
    counts.add(mixed());
    EXPECT_EQ(counts_text(counts), "1 warning\n1 passed, 1 failed, 1 skipped, 1 error\n");
    EXPECT_EQ(counts.exit_code(), exit_code::failed);
    EXPECT_EQ(counts.points, 2);
    EXPECT_EQ(counts.of, 5);
    CheckCounts ours;
    ours.errors = 1, ours.passed = 3;
    EXPECT_EQ(ours.exit_code(), exit_code::infrastructure);
    EXPECT_EQ(CheckCounts().exit_code(), exit_code::no_checks);
}

TEST(CheckResults, InterruptedOnesAreCountedAndErrorsOfJunit) {
    CheckSuite suite = mixed();
    suite.results[0].result = CheckResult::Result::cancelled;
    CheckCounts counts;
    counts.add(suite);
    EXPECT_EQ(counts_line(counts), "0 passed, 1 failed, 1 skipped, 1 error, 1 interrupted");
    const std::string xml = junit_xml({suite});
    std::size_t said = 0;
    for (std::size_t at = 0; (at = xml.find("<error ", at)) != std::string::npos; ++at) ++said;
    EXPECT_EQ(said, 2U);
    EXPECT_THAT(xml, HasSubstr("<testsuites name=\"lab\" tests=\"5\" failures=\"1\" errors=\"2\""));
    EXPECT_THAT(xml, HasSubstr("tests=\"5\" failures=\"1\" errors=\"2\" skipped=\"1\""));
}

TEST(CheckResults, TextSaysWhatWasSeenAndWhere) {
    (void)std::setlocale(LC_CTYPE, "C.utf8");
    const CheckSuite suite = mixed();
    EXPECT_EQ(result_text(suite.results[0], Style{}, false),
              "✓ ping h1 → h2  0.3 ms  (2 tries, 1.2 s)\n");
    const std::string failed = result_text(suite.results[1], Style{}, false);
    EXPECT_THAT(failed,
                HasSubstr("✗ web, #1: 100%\n    Connection \"refused\"  after 5.0 s, 12 tries\n"));
    EXPECT_THAT(failed, HasSubstr("before that:\n    100 ms  no answer\n"));
    EXPECT_THAT(failed, HasSubstr("    two.lab.toml:16\n    hint: the port\n"));
    EXPECT_THAT(result_text(suite.results[2], Style{}, false),
                HasSubstr("late  skipped: \"web\" has not passed"));
}

TEST(CheckReports, Junit) {
    CheckSuite broken;
    broken.lab = "x", broken.file = "x.lab.toml", broken.trouble = "no & <way>";
    const std::string xml = junit_xml({mixed(), broken});
    EXPECT_THAT(xml, HasSubstr("<testsuites name=\"lab\" tests=\"6\" failures=\"1\" errors=\"2\""));
    EXPECT_THAT(xml, HasSubstr("<testsuite name=\"two&lt;hosts\" tests=\"5\" failures=\"1\" "
                               "errors=\"1\" skipped=\"1\" time=\"8.500\">"));
    EXPECT_THAT(xml,
                HasSubstr("<failure message=\"Connection &quot;refused&quot;\" type=\"tcp\">"));
    EXPECT_THAT(xml, HasSubstr("<skipped message=\"&quot;web&quot; has not passed\"/>"));
    EXPECT_THAT(xml, HasSubstr("tries: 2&#10;first_ok: 1.200&#10;rtt: 0.0003&#10;"));
    EXPECT_THAT(xml, HasSubstr("<error message=\"no &amp; &lt;way&gt;\" type=\"lab\">"));
    EXPECT_THAT(xml, HasSubstr("<system-out>at two.lab.toml:16&#10;"));
}

TEST(CheckReports, ADiagnosisIsToldEverywhere) {
    const CheckSuite suite = suite_of(
        {R"({"api":1,"type":"plan","checks":[{"check":0,"name":"ping h1 → h2","subject":"ping","file":"two.lab.toml","line":13,"points":0,"hint":"","level":"error"}]})",
         R"json({"type":"check","check":0,"result":"failed","elapsed":5,"tries":3,"first_ok":null,"value":"no reply","reason":"","history":[],"metrics":{},"diagnosis":{"node":"r2","where":"died at r2: no route to 10.0.3.0/24 (r2 has 4 routes)","causes":["OSPF r2–r3: ExStart (MTU 1500 vs 9000)","another"],"facts":["r2 route default via r1"]}})json"});
    EXPECT_EQ(result_text(suite.results[0], Style{}, false),
              std::string(glyphs().no) +
                  " ping h1 → h2\n    no reply  after 5.0 s, 3 tries\n"
                  "    died at r2: no route to 10.0.3.0/24 (r2 has 4 routes)\n"
                  "    likely cause: OSPF r2–r3: ExStart (MTU 1500 vs 9000)\n"
                  "    or:           another\n"
                  "      r2 route default via r1\n    two.lab.toml:13\n");
    const std::string xml = junit_xml({suite});
    EXPECT_THAT(xml, HasSubstr("message=\"no reply. died at r2: no route to 10.0.3.0/24 (r2 has 4 "
                               "routes). Likely cause: OSPF r2–r3: ExStart (MTU 1500 vs 9000)\""));
    EXPECT_THAT(xml, HasSubstr("likely cause: another&#10;r2 route default via r1&#10;</failure>"));
    EXPECT_THAT(github_annotations(suite), HasSubstr("Likely cause: OSPF r2–r3: ExStart"));
}

TEST(CheckReports, Tap) {
    const std::string tap = tap_text({mixed()});
    EXPECT_TRUE(tap.starts_with("TAP version 14\n1..5\n"));
    EXPECT_THAT(tap, HasSubstr("\nok 1 - ping h1 → h2\n  ---\n"));
    EXPECT_THAT(
        tap,
        HasSubstr("\nnot ok 2 - web, \\#1: 100%\n  ---\n  result: \"Connection \\\"refused\\\"\""));
    EXPECT_THAT(tap, HasSubstr("\nok 3 - late # SKIP \"web\" has not passed\n"));
    EXPECT_THAT(tap, HasSubstr("\nok 4 - soft\n"));
    EXPECT_THAT(tap, HasSubstr("\nnot ok 5 - odd\n"));
}

TEST(CheckReports, Github) {
    EXPECT_EQ(
        github_annotations(mixed()),
        "::error file=two.lab.toml,line=16,title=web%2C #1%3A 100%25::Connection \"refused\"\n"
        "::warning title=soft::no reply\n::error title=odd::h1: no such program\n");
    EXPECT_THAT(github_summary({mixed()}),
                HasSubstr("### lab: 1 passed, 1 failed, 1 skipped, 1 error\n"));
    EXPECT_THAT(
        github_summary({mixed()}),
        HasSubstr("| ❌ | two\\<hosts | web, #1: 100% | Connection \"refused\" | 5.000 s |"));
}

TEST(CheckResults, NonsenseIsOurFault) {
    CheckSuite suite;
    EXPECT_THROW((void)take_line(suite, "nonsense"), Failure);
}

}  // namespace
