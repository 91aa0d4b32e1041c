// The checks of a running lab, asked of labd and followed line by line.
#pragma once

#include "cli/bundle.hpp"
#include "cli/check_results.hpp"
#include "cli/client.hpp"
#include "cli/options.hpp"

#include <functional>
#include <optional>
#include <string>

namespace cli {

struct CheckRequest {
    std::string lab;  // that runs
    CheckOptions options;
    std::string condition;           // of `wait`; "" = the lab's own checks
    double within = 0;               // of the condition; 0: its own
    const Bundle* bundle = nullptr;  // knows the files that places refer to; may be null
    std::optional<std::size_t> once = std::nullopt;  // only this check, and one try
};

// Fills `suite` as labd answers; `line` sees each line of the stream, `each` each result. Throws
// Failure; Ctrl-C hangs up, so that labd takes faults out again, and sets suite.interrupted.
void run_checks(const Client& client, const CheckRequest& request, CheckSuite& suite,
                const std::function<void(std::string_view)>& line,
                const std::function<void(const CheckResult&)>& each);

// The same with the [[step]] tables: `told` sees what happens when.
void run_steps(const Client& client, const CheckRequest& request, CheckSuite& suite,
               const std::function<void(std::string_view)>& line,
               const std::function<void(const CheckResult&)>& each,
               const std::function<void(const Experiment::Told&)>& told);

// Where a check stands: "two.lab.toml", 13. Empty when the bundle does not know it.
void locate(CheckInfo& info, const Bundle& bundle);

// The names of those that are meant, one a line. Throws Failure usage for a wrong -k.
std::string list_text(const std::vector<topology::Check>& checks, const CheckOptions& options);

// Why nothing is asked: those that -k and --tags mean are asked by [[step]] tables only. "" when
// there are none of that kind.
std::string asked_by_steps(const topology::Lab& lab, const CheckOptions& options);

// Two formats on one stdout are none. Throws Failure usage.
void require_one_format(const Globals& globals, const CheckOptions& options, bool csv);

// --junit FILE, and --github (by itself when GITHUB_ACTIONS=true).
bool on_github(const CheckOptions& options);
void write_reports(const CheckOptions& options, const std::vector<CheckSuite>& suites);

}  // namespace cli
