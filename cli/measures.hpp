// Numbers of one run, and of many runs together.
#pragma once

#include "cli/check_results.hpp"
#include "cli/experiment.hpp"

#include <string>
#include <vector>

namespace cli {

// All samples of one thing, in order.
struct Measurement {
    std::string what, metric, unit;  // "h1 → h2", "rtt", "s"
    std::vector<double> values;
    std::size_t lost = 0;
};
std::vector<Measurement> measurements(const Experiment& experiment);

double mean(const std::vector<double>& values);       // 0 of none
double deviation(const std::vector<double>& values);  // of a sample: n - 1; 0 of fewer than two

// "0.31 ms", "9.4 Mbit/s", "12".
std::string quantity(double value, const std::string& unit);

// One line for each number that the runs have in common: of checks their metrics and the time until
// they were true, of samples each run's mean and the share that was lost.
// "file,what,metric,unit,runs,mean,deviation,least,most"
std::string runs_csv(const std::vector<CheckSuite>& suites);

// Every sample of every run. "file,run,at,metric,of,value", and the same as JSON lines.
std::string samples_csv(const std::vector<CheckSuite>& suites);
std::string samples_jsonl(const std::vector<CheckSuite>& suites);

}  // namespace cli
