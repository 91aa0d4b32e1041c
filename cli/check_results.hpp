// What came of checks, as plain values: the stream of labd goes in, every report comes out.
#pragma once

#include "cli/experiment.hpp"
#include "cli/render.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {

struct CheckInfo {
    std::size_t index = 0;  // in the lab's file
    std::string name, subject, file, hint;
    unsigned line = 0;
    double points = 0;
    bool warning = false;
};

struct CheckResult {
    enum class Result { passed, failed, skipped, error, cancelled } result = Result::failed;
    CheckInfo check;
    double elapsed = 0;
    std::uint64_t tries = 0;
    std::optional<double> first_ok;
    std::string value, reason;
    std::vector<std::pair<double, std::string>> history;
    std::map<std::string, double> metrics;
    // Why it has failed, as far as labd has found out.
    std::string where;                       // "died at r2: no route to 10.0.3.0/24 (…)"
    std::vector<std::string> causes, facts;  // the likeliest cause first
    std::string died_at;                     // the node that `where` is about; "": none
    // Of failed, when packets were not answered: from a node to a node or name.
    std::string packets_from, packets_to;
    std::string capture;  // of these packets, in the artefacts; "": none

    // Counts as a failure of the network: not when it is only a warning.
    bool failed() const { return result == Result::failed && !check.warning; }
};

// What is wrong in a file, so that nothing could be run.
struct FileMistake {
    std::string file;
    unsigned line = 0;
    std::string text;  // with what to do about it
};

// A step that could not do what it should.
struct FailedStep {
    std::string name, file;
    unsigned line = 0;
    double at = 0;
    std::string text;  // "h1: exit 3: why"
};

// The checks of one lab, run once.
struct CheckSuite {
    std::string lab;           // as the file calls it
    std::string file;          // of the topology
    std::uint64_t ticket = 0;  // of the run under way, as labd calls it
    std::string variant;       // "cc = bbr": its values of [matrix]; "" when there are none
    std::vector<CheckInfo> plan;
    std::vector<CheckResult> results;
    Experiment experiment;  // its steps
    unsigned run = 0;       // of --repeat, from 0
    double elapsed = 0;
    std::string trouble;                // why not all of it could be run: our tool, not the network
    std::vector<FileMistake> mistakes;  // of `trouble`, when a file is to blame
    std::string unwritten;              // why its --bundle is not whole; "": it is
    bool interrupted = false;
};

std::vector<FailedStep> failed_steps(const CheckSuite& suite);

struct CheckCounts {
    std::size_t passed = 0, failed = 0, skipped = 0, errors = 0, warnings = 0, interrupted = 0;
    std::size_t steps = 0, failed_steps = 0;
    double points = 0, of = 0;
    void add(const CheckSuite& suite);
    // ux.md §1.3: 1 is the network, 4 is our tool, 5 is that there was nothing to run.
    int exit_code() const;
};

// One line of the stream; what is no JSON throws Failure internal. Returns a result when the line
// is one.
std::optional<CheckResult> take_line(CheckSuite& suite, std::string_view line);

// "✓ ping h1 → h2  0.31 ms  (2 tries, 1.2 s)", and of a failure what was seen, when, and where it
// stands. `terse`: one line whatever came.
std::string result_text(const CheckResult& result, const Style& style, bool verbose);
// "12 passed, 1 failed, 0 skipped": the last line of every run, always plain. What could not be
// asked stands behind it, "…, 1 error", where there is such a thing.
std::string counts_line(const CheckCounts& counts);
// The same, below what else is to be counted.
std::string counts_text(const CheckCounts& counts);

// Reports for machines.
std::string junit_xml(const std::vector<CheckSuite>& suites);
std::string tap_text(const std::vector<CheckSuite>& suites);
// ::error commands for the log, and a table for $GITHUB_STEP_SUMMARY.
std::string github_annotations(const CheckSuite& suite);
std::string github_summary(const std::vector<CheckSuite>& suites);

}  // namespace cli
