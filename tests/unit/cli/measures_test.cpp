// Experiments: the stream goes in; lines, samples and the table of many runs come out.
#include "cli/measures.hpp"

#include "cli/check_results.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace cli;

CheckSuite suite_of(const std::vector<std::string>& lines, unsigned run = 0) {
    CheckSuite suite;
    suite.file = "t.lab.toml";
    suite.lab = "t";
    suite.run = run;
    for (const std::string& line : lines) (void)take_line(suite, line);
    return suite;
}

const char* const scenario =
    R"({"type":"scenario","steps":[{"step":0,"name":"cut","kind":"down","at":1,"for":0,"file":"t.lab.toml","line":7},)"
    R"({"step":1,"name":"rtt h1 → h2","kind":"sample","at":0,"for":0,"file":"t.lab.toml","line":9}]})";

std::string sample(double at, const std::string& value) {
    return R"({"type":"sample","step":1,"at":)" + std::to_string(at) +
           R"(,"metric":"rtt","of":"h1 → h2","value":)" + value + "}";
}

TEST(Experiment, steps_are_told_when_they_begin_and_when_they_fail) {
    CheckSuite suite = suite_of(
        {scenario, R"({"type":"step","step":0,"state":"begins","at":1.0,"node":"","text":""})"});
    ASSERT_EQ(suite.experiment.told.size(), 1U);
    EXPECT_EQ(step_text(suite.experiment, suite.experiment.told[0], Style{}), "  1.0 s  cut\n");
    (void)take_line(suite,
                    R"({"type":"step","step":0,"state":"failed","at":1.2,"node":"","text":"no"})");
    EXPECT_EQ(suite.experiment.failures(), 1U);
    EXPECT_THAT(step_text(suite.experiment, suite.experiment.told[1], Style{}),
                testing::AllOf(testing::HasSubstr("cut  no"), testing::HasSubstr("t.lab.toml:7")));
    CheckCounts counts;
    counts.add(suite);
    EXPECT_EQ(counts.exit_code(), 1);
    // Of a step that was never announced nothing is believed.
    (void)take_line(suite,
                    R"({"type":"step","step":9,"state":"failed","at":1,"node":"","text":""})");
    EXPECT_EQ(suite.experiment.told.size(), 2U);
}

TEST(Experiment, without_checks_is_not_nothing) {
    CheckCounts counts;
    counts.add(suite_of({scenario}));
    EXPECT_EQ(counts.exit_code(), 0);
    CheckCounts none;
    none.add(suite_of({}));
    EXPECT_EQ(none.exit_code(), 5);
}

TEST(Measures, mean_and_deviation) {
    EXPECT_DOUBLE_EQ(mean({2, 4, 4, 4, 5, 5, 7, 9}), 5);
    EXPECT_NEAR(deviation({2, 4, 4, 4, 5, 5, 7, 9}), 2.138089935, 1e-9);
    EXPECT_DOUBLE_EQ(deviation({3}), 0);
    EXPECT_DOUBLE_EQ(mean({}), 0);
}

TEST(Measures, words) {
    EXPECT_EQ(quantity(0.00034, "s"), "340 µs");
    EXPECT_EQ(quantity(0.0123, "s"), "12 ms");
    EXPECT_EQ(quantity(9'400'000, "bit/s"), "9.4 Mbit/s");
    EXPECT_EQ(quantity(12, ""), "12");
    const CheckSuite suite =
        suite_of({scenario, sample(0, "0.001"), sample(1, "0.003"), sample(2, "null")});
    EXPECT_EQ(samples_text(suite.experiment),
              "  h1 → h2 rtt: 2 samples, 2.0 ms on average, 1 lost\n");
}

TEST(Measures, a_table_of_all_runs) {
    const std::string check =
        R"({"type":"check","check":0,"result":"passed","elapsed":1,"tries":1,"first_ok":0.5,"value":"","reason":"","history":[],"metrics":{"converged":2}})";
    const std::string other =
        R"({"type":"check","check":0,"result":"passed","elapsed":1,"tries":1,"first_ok":1.5,"value":"","reason":"","history":[],"metrics":{"converged":4}})";
    const std::string plan = R"({"type":"plan","checks":[{"check":0,"name":"a, b"}]})";
    const std::string csv =
        runs_csv({suite_of({plan, check, scenario, sample(0, "0.001"), sample(1, "null")}, 0),
                  suite_of({plan, other, scenario, sample(0, "0.003"), sample(1, "0.003")}, 1)});
    EXPECT_EQ(csv,
              "file,variant,what,metric,unit,runs,mean,deviation,least,most\r\n"
              "t.lab.toml,,\"a, b\",first_ok,s,2,1,0.707106781,0.5,1.5\r\n"
              "t.lab.toml,,\"a, b\",converged,s,2,3,1.41421356,2,4\r\n"
              "t.lab.toml,,h1 → h2,rtt,s,2,0.002,0.00141421356,0.001,0.003\r\n"
              "t.lab.toml,,h1 → h2,loss,%,2,25,35.3553391,0,50\r\n");
}

TEST(Measures, every_sample_with_its_run) {
    const std::vector<CheckSuite> suites{suite_of({scenario, sample(0.5, "0.001")}, 0),
                                         suite_of({scenario, sample(0.5, "null")}, 1)};
    EXPECT_EQ(samples_csv(suites),
              "file,variant,run,at,metric,of,value\r\n"
              "t.lab.toml,,1,0.5,rtt,h1 → h2,0.001\r\n"
              "t.lab.toml,,2,0.5,rtt,h1 → h2,\r\n");
    EXPECT_THAT(samples_jsonl(suites), testing::HasSubstr(R"("run":2,"at":5E-1,"metric":"rtt")"));
}

}  // namespace
