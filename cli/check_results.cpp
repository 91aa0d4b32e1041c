// The stream, the lines for people and the sums.
#include "cli/check_results.hpp"

#include "cli/error.hpp"
#include "cli/json_field.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>

namespace cli {
namespace {

namespace json = boost::json;

std::vector<std::string> texts(const json::object& from, const char* key) {
    std::vector<std::string> out;
    const json::value* list = from.if_contains(key);
    if (list == nullptr || !list->is_array()) return out;
    for (const json::value& one : list->get_array())
        if (one.is_string()) out.emplace_back(one.get_string());
    return out;
}

void read_plan(CheckSuite& suite, const json::object& line) {
    suite.ticket = static_cast<std::uint64_t>(number(line, "ticket"));
    const json::value* list = line.if_contains("checks");
    if (list == nullptr || !list->is_array()) return;
    for (const json::value& one : list->get_array()) {
        if (!one.is_object()) continue;
        const json::object& o = one.get_object();
        CheckInfo info;
        info.index = static_cast<std::size_t>(number(o, "check"));
        info.name = text(o, "name"), info.subject = text(o, "subject");
        info.file = text(o, "file"), info.hint = text(o, "hint");
        info.line = static_cast<unsigned>(number(o, "line"));
        info.points = number(o, "points");
        info.warning = text(o, "level") == "warn";
        suite.plan.push_back(std::move(info));
    }
}

CheckResult::Result result_of(const std::string& word) {
    if (word == "passed") return CheckResult::Result::passed;
    if (word == "skipped") return CheckResult::Result::skipped;
    if (word == "error") return CheckResult::Result::error;
    if (word == "cancelled") return CheckResult::Result::cancelled;
    return CheckResult::Result::failed;
}

CheckResult read_result(const CheckSuite& suite, const json::object& line) {
    CheckResult out;
    const auto index = static_cast<std::size_t>(number(line, "check"));
    for (const CheckInfo& info : suite.plan)
        if (info.index == index) out.check = info;
    out.result = result_of(text(line, "result"));
    out.elapsed = number(line, "elapsed");
    out.tries = static_cast<std::uint64_t>(number(line, "tries"));
    if (const json::value* first = line.if_contains("first_ok");
        first != nullptr && first->is_number())
        out.first_ok = first->to_number<double>();
    out.value = text(line, "value"), out.reason = text(line, "reason");
    if (const json::value* list = line.if_contains("history"); list != nullptr && list->is_array())
        for (const json::value& one : list->get_array())
            if (one.is_object())
                out.history.emplace_back(number(one.get_object(), "elapsed"),
                                         text(one.get_object(), "value"));
    if (const json::value* metrics = line.if_contains("metrics");
        metrics != nullptr && metrics->is_object())
        for (const auto& [key, value] : metrics->get_object())
            if (value.is_number()) out.metrics[std::string(key)] = value.to_number<double>();
    if (const json::value* found = line.if_contains("diagnosis");
        found != nullptr && found->is_object()) {
        out.died_at = text(found->get_object(), "node");
        out.where = text(found->get_object(), "where");
        out.causes = texts(found->get_object(), "causes");
        out.facts = texts(found->get_object(), "facts");
    }
    if (const json::value* packets = line.if_contains("packets");
        packets != nullptr && packets->is_object()) {
        out.packets_from = text(packets->get_object(), "from");
        out.packets_to = text(packets->get_object(), "to");
    }
    return out;
}

// Where the packets died, what is likely wrong, and what that node knows.
std::string diagnosis_text(const CheckResult& result, const Style& style) {
    std::string out;
    if (!result.where.empty()) out += "    " + result.where + "\n";
    for (std::size_t i = 0; i < result.causes.size(); ++i)
        out += "    " + std::string(i == 0 ? "likely cause: " : "or:           ") +
               result.causes[i] + "\n";
    for (const std::string& fact : result.facts) out += "      " + style.dim(fact) + "\n";
    return out;
}

// The values on the way to the last one, so that "Init → ExStart" is seen.
std::string history_text(const CheckResult& result, std::size_t most) {
    std::string out;
    const std::size_t n = result.history.size();
    for (std::size_t i = n > most ? n - most : 0; i + 1 < n; ++i)
        out += "    " + duration(result.history[i].first) + "  " + result.history[i].second + "\n";
    return out;
}

}  // namespace

std::optional<CheckResult> take_line(CheckSuite& suite, std::string_view bytes) {
    json::error_code error;
    const json::value parsed = json::parse(json::string_view(bytes.data(), bytes.size()), error);
    if (error || !parsed.is_object())
        throw Failure("internal", "labd said something that is not JSON while checking");
    const json::object& line = parsed.get_object();
    const std::string type = text(line, "type");
    if (type == "plan") read_plan(suite, line);
    if (type == "summary") suite.elapsed += number(line, "elapsed");
    (void)take_step_line(suite.experiment, line);
    if (type == "error") {
        const json::value* inner = line.if_contains("error");
        suite.trouble = inner != nullptr && inner->is_object()
                            ? text(inner->get_object(), "message")
                            : "labd failed";
    }
    if (type != "check") return std::nullopt;
    suite.results.push_back(read_result(suite, line));
    return suite.results.back();
}

std::vector<FailedStep> failed_steps(const CheckSuite& suite) {
    std::vector<FailedStep> out;
    for (const Experiment::Told& told : suite.experiment.told) {
        if (told.state != Experiment::Told::State::failed) continue;
        const Experiment::Step& step = suite.experiment.steps.at(told.step);
        out.push_back({step.name, step.file, step.line, told.at,
                       (told.node.empty() ? "" : told.node + ": ") + told.text});
    }
    return out;
}

void CheckCounts::add(const CheckSuite& suite) {
    for (const CheckInfo& info : suite.plan) of += info.points;
    for (const CheckResult& r : suite.results) {
        if (r.result == CheckResult::Result::passed) ++passed, points += r.check.points;
        if (r.result == CheckResult::Result::failed) ++(r.check.warning ? warnings : failed);
        if (r.result == CheckResult::Result::skipped) ++skipped;
        if (r.result == CheckResult::Result::error) ++errors;
        if (r.result == CheckResult::Result::cancelled) ++interrupted;
    }
    steps += suite.experiment.steps.size();
    failed_steps += suite.experiment.failures();
    if (!suite.trouble.empty()) ++errors;
    if (!suite.unwritten.empty()) ++errors;
}

int CheckCounts::exit_code() const {
    if (failed + failed_steps > 0) return exit_code::failed;
    if (errors > 0) return exit_code::infrastructure;
    return passed + skipped + warnings + steps == 0 ? exit_code::no_checks : exit_code::ok;
}

std::string result_text(const CheckResult& result, const Style& style, bool verbose) {
    std::string out;
    switch (result.result) {
        case Result::passed:
            out = style.green(glyphs().yes);
            break;
        case Result::skipped:
            out = style.dim(glyphs().dash);
            break;
        case Result::error:
            out = style.yellow("!");
            break;
        default:
            out = result.check.warning ? style.yellow(glyphs().no) : style.red(glyphs().no);
    }
    out += " " + result.check.name;
    if (result.result == Result::skipped) return out + "  skipped: " + result.reason + "\n";
    if (result.result == Result::cancelled) return out + "  interrupted\n";
    if (result.result == Result::passed) {
        out += result.value.empty() ? "" : "  " + style.dim(result.value);
        if (result.tries > 1)
            out += style.dim("  (" + std::to_string(result.tries) + " tries, " +
                             duration(result.elapsed) + ")");
        out += "\n";
        return verbose ? out + history_text(result, 20) : out;
    }
    if (result.check.warning && result.result == Result::failed) out += "  (a warning)";
    out += "\n    " + (result.reason.empty() ? result.value : result.reason);
    out += style.dim("  after " + duration(result.elapsed) + ", " +
                     (result.tries == 1 ? "1 try" : std::to_string(result.tries) + " tries")) +
           "\n";
    out += diagnosis_text(result, style);
    if (result.history.size() > 1) out += "    before that:\n" + history_text(result, 6);
    if (result.check.line != 0 && !result.check.file.empty())
        out +=
            "    " + style.dim(result.check.file + ":" + std::to_string(result.check.line)) + "\n";
    if (!result.check.hint.empty()) out += "    hint: " + result.check.hint + "\n";
    return out;
}

std::string counts_line(const CheckCounts& counts) {
    std::string out = std::to_string(counts.passed) + " passed, " +
                      std::to_string(counts.failed + counts.failed_steps) + " failed, " +
                      std::to_string(counts.skipped) + " skipped";
    if (counts.errors > 0) out += ", " + cli::count(counts.errors, "error");
    if (counts.interrupted > 0) out += ", " + std::to_string(counts.interrupted) + " interrupted";
    return out;
}

std::string counts_text(const CheckCounts& counts) {
    std::string out;
    const auto also = [&](std::size_t n, const char* noun) {
        if (n > 0) out += cli::count(n, noun) + "\n";
    };
    also(counts.steps, "step");
    also(counts.failed_steps, "failed step");
    also(counts.warnings, "warning");
    return out + counts_line(counts) + "\n";
}

}  // namespace cli
