// See report.hpp.
#include "labd/check/report.hpp"

#include "labd/json_text.hpp"

#include <cmath>
#include <cstdio>

namespace labd::check {
namespace {

std::string number(double value) {
    char text[32];
    (void)std::snprintf(text, sizeof text, "%.9g", std::isfinite(value) ? value : 0);
    return text;
}

std::string list(const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& text : texts) out += (out.empty() ? "" : ",") + quote_json(text);
    return "[" + out + "]";
}

// "" when nothing was found out.
std::string diagnosis_json(const Diagnosis& diagnosis) {
    if (diagnosis.empty()) return "";
    return ",\"diagnosis\":{\"node\":" + quote_json(diagnosis.node) +
           ",\"where\":" + quote_json(diagnosis.where) + ",\"causes\":" + list(diagnosis.causes) +
           ",\"facts\":" + list(diagnosis.facts) + "}";
}

// "" when it is not about packets.
std::string flow_json(const std::optional<Flow>& flow) {
    if (!flow) return "";
    return ",\"packets\":{\"from\":" + quote_json(flow->from) + ",\"to\":" + quote_json(flow->to) +
           ",\"address\":" + quote_json(flow->address) + "}";
}

}  // namespace

std::string plan_line(const std::vector<topology::Check>& checks,
                      const std::vector<std::size_t>& selected, const topology::Sources& sources,
                      std::uint64_t ticket) {
    std::string items;
    for (const std::size_t index : selected) {
        const topology::Check& check = checks.at(index);
        const bool placed = check.where.line != 0 && check.where.file < sources.size();
        items += (items.empty() ? "" : ",") + std::string("{\"check\":") + std::to_string(index) +
                 ",\"name\":" + quote_json(check.name) + ",\"subject\":" + quote_json(check.key) +
                 ",\"file\":" + quote_json(placed ? sources[check.where.file].name : "") +
                 ",\"line\":" + std::to_string(check.where.line) +
                 ",\"points\":" + number(check.points) + ",\"hint\":" + quote_json(check.hint) +
                 ",\"tags\":" + list(check.tags) + ",\"within\":" + number(check.within_s) +
                 ",\"level\":" + (check.warning ? "\"warn\"" : "\"error\"") + "}";
    }
    return R"({"api":1,"type":"plan","ticket":)" + std::to_string(ticket) + R"(,"checks":[)" +
           items + "]}";
}

std::string begin_line(std::size_t check) {
    return R"({"type":"begin","check":)" + std::to_string(check) + "}";
}

std::string seen_line(std::size_t check, bool ok, const Seen& seen) {
    return R"({"type":"seen","check":)" + std::to_string(check) +
           ",\"ok\":" + (ok ? "true" : "false") + ",\"elapsed\":" + number(seen.at_s) +
           ",\"value\":" + quote_json(seen.value) + "}";
}

std::string result_line(std::size_t check, const Outcome& outcome) {
    std::string history, metrics;
    for (const Seen& seen : outcome.history)
        history += (history.empty() ? "" : ",") + std::string("{\"elapsed\":") + number(seen.at_s) +
                   ",\"value\":" + quote_json(seen.value) + "}";
    for (const auto& [name, value] : outcome.metrics)
        metrics += (metrics.empty() ? "" : ",") + quote_json(name) + ":" + number(value);
    return R"({"type":"check","check":)" + std::to_string(check) +
           ",\"result\":" + quote_json(word(outcome.result)) +
           ",\"elapsed\":" + number(outcome.elapsed_s) +
           ",\"tries\":" + std::to_string(outcome.tries) +
           ",\"first_ok\":" + (outcome.first_ok_s ? number(*outcome.first_ok_s) : "null") +
           ",\"value\":" + quote_json(outcome.value) + ",\"reason\":" + quote_json(outcome.reason) +
           ",\"history\":[" + history + "],\"metrics\":{" + metrics + "}" +
           diagnosis_json(outcome.diagnosis) + flow_json(outcome.flow) + "}";
}

std::string scenario_line(const std::vector<topology::TimedStep>& steps,
                          const topology::Sources& sources) {
    static constexpr const char* kinds[] = {"up",     "down",  "flap", "stop",  "start", "kill",
                                            "impair", "clear", "run",  "check", "sample"};
    std::string items;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const topology::TimedStep& step = steps[i];
        const bool placed = step.where.line != 0 && step.where.file < sources.size();
        items += (items.empty() ? "" : ",") + std::string("{\"step\":") + std::to_string(i) +
                 ",\"name\":" + quote_json(step.name) +
                 ",\"kind\":" + quote_json(kinds[static_cast<std::size_t>(step.kind)]) +
                 ",\"at\":" + number(step.at_s) + ",\"for\":" + number(step.for_s) +
                 ",\"file\":" + quote_json(placed ? sources[step.where.file].name : "") +
                 ",\"line\":" + std::to_string(step.where.line) + "}";
    }
    return R"({"type":"scenario","steps":[)" + items + "]}";
}

std::string step_begin_line(std::size_t step, double at_s) {
    return R"({"type":"step","step":)" + std::to_string(step) + R"(,"state":"begins","at":)" +
           number(at_s) + R"(,"node":"","text":""})";
}

std::string step_end_line(std::size_t step, double at_s, const StepEnd& end) {
    return R"({"type":"step","step":)" + std::to_string(step) +
           ",\"state\":" + (end.ok ? "\"done\"" : "\"failed\"") + ",\"at\":" + number(at_s) +
           ",\"node\":" + quote_json(end.node) + ",\"text\":" + quote_json(end.text) + "}";
}

std::string sample_line(std::size_t step, double at_s, const Sample& sample) {
    return R"({"type":"sample","step":)" + std::to_string(step) + ",\"at\":" + number(at_s) +
           ",\"metric\":" + quote_json(sample.metric) + ",\"of\":" + quote_json(sample.of) +
           ",\"value\":" + (sample.value ? number(*sample.value) : "null") + "}";
}

void Counts::add(const topology::Check& check, const Outcome& outcome) {
    of += check.points;
    switch (outcome.result) {
        case Outcome::Result::passed:
            ++passed;
            points += check.points;
            break;
        case Outcome::Result::failed:
            ++(check.warning ? warnings : failed);
            break;
        case Outcome::Result::skipped:
            ++skipped;
            break;
        case Outcome::Result::error:
            ++errors;
            break;
        case Outcome::Result::cancelled:
            break;
    }
}

std::string summary_line(const Counts& counts, double elapsed_s) {
    return R"({"type":"summary","passed":)" + std::to_string(counts.passed) +
           ",\"failed\":" + std::to_string(counts.failed) +
           ",\"skipped\":" + std::to_string(counts.skipped) +
           ",\"errors\":" + std::to_string(counts.errors) +
           ",\"warnings\":" + std::to_string(counts.warnings) +
           ",\"failed_steps\":" + std::to_string(counts.failed_steps) +
           ",\"points\":" + number(counts.points) + ",\"of\":" + number(counts.of) +
           ",\"elapsed\":" + number(elapsed_s) + "}";
}

}  // namespace labd::check
