// JUnit XML, TAP 14 and GitHub's workflow commands.
#include "cli/check_results.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace cli {
namespace {

using Result = CheckResult::Result;

std::string seconds(double value) {
    char text[32];
    (void)std::snprintf(text, sizeof text, "%.3f", value);
    return text;
}

// Without what XML 1.0 cannot hold at all.
std::string xml(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (c == '\n')
            out += "&#10;";
        else if (byte < 0x20 || byte == 0x7f)
            out += "?";
        else
            out += c;
    }
    return out;
}

std::string told(const CheckResult& r) {
    std::string out = r.reason.empty() ? r.value : r.reason;
    if (!r.where.empty()) out += ". " + r.where;
    if (!r.causes.empty()) out += ". Likely cause: " + r.causes.front();
    return out;
}

std::string history(const CheckResult& r) {
    std::string out;
    for (const auto& [at, value] : r.history) out += seconds(at) + " s  " + value + "\n";
    return out;
}

// What junit-10, the schema of Jenkins' xUnit plugin, has no attribute for stands in system-out:
// the place, the number of tries, what was measured, and the history.
std::string told_at_length(const CheckResult& r) {
    std::string out;
    if (r.check.line != 0) out += "at " + r.check.file + ":" + std::to_string(r.check.line) + "\n";
    out += "tries: " + std::to_string(r.tries) + "\n";
    if (r.first_ok) out += "first_ok: " + seconds(*r.first_ok) + "\n";
    for (const auto& [name, value] : r.metrics) {
        char number[32];
        (void)std::snprintf(number, sizeof number, "%.9g", value);
        out += name + ": " + number + "\n";
    }
    return out + history(r);
}

std::string diagnosis(const CheckResult& r) {
    std::string out;
    if (!r.where.empty()) out += r.where + "\n";
    for (const std::string& cause : r.causes) out += "likely cause: " + cause + "\n";
    for (const std::string& fact : r.facts) out += fact + "\n";
    return out;
}

std::string test_case(const CheckSuite& suite, const CheckResult& r) {
    std::string out = "    <testcase name=\"" + xml(r.check.name) + "\" classname=\"" +
                      xml(suite.file) + "\" time=\"" + seconds(r.elapsed) + "\">\n";
    const std::string message = " message=\"" + xml(told(r)) + "\"";
    if (r.failed())
        out += "      <failure" + message + " type=\"" + xml(r.check.subject) + "\">" +
               xml(diagnosis(r)) + "</failure>\n";
    if (r.result == Result::error || r.result == Result::cancelled)
        out += "      <error" + message + " type=\"" + xml(r.check.subject) + "\"></error>\n";
    if (r.result == Result::skipped) out += "      <skipped" + message + "/>\n";
    out += "      <system-out>" + xml(told_at_length(r)) + "</system-out>\n";
    return out + "    </testcase>\n";
}

std::string step_case(const CheckSuite& suite, const FailedStep& step) {
    std::string out = "    <testcase name=\"" + xml(step.name) + "\" classname=\"" +
                      xml(suite.file) + "\" time=\"0\">\n      <failure message=\"" +
                      xml(step.text) + "\" type=\"step\"></failure>\n";
    std::string length = "at the time " + seconds(step.at) + " s\n";
    if (step.line != 0)
        length.insert(0, "at " + step.file + ":" + std::to_string(step.line) + "\n");
    return out + "      <system-out>" + xml(length) + "</system-out>\n    </testcase>\n";
}

// "two.lab.toml:4: unknown node …", a line for each.
std::string mistakes_text(const CheckSuite& suite) {
    std::string out;
    for (const FileMistake& m : suite.mistakes)
        out += (m.line == 0 ? "" : m.file + ":" + std::to_string(m.line) + ": ") + m.text + "\n";
    return out;
}

std::size_t tests_of(const CheckSuite& suite) {
    return suite.results.size() + failed_steps(suite).size() + (suite.trouble.empty() ? 0 : 1) +
           (suite.unwritten.empty() ? 0 : 1);
}

std::string trouble_case(const CheckSuite& suite, const char* name, const std::string& trouble,
                         const std::string& more) {
    return "    <testcase name=\"" + std::string(name) + "\" classname=\"" + xml(suite.file) +
           "\" time=\"0\">\n      <error message=\"" + xml(trouble) + "\" type=\"lab\">" +
           xml(more) + "</error>\n    </testcase>\n";
}

// `repeated`: of --repeat, where names must differ.
std::string test_suite(const CheckSuite& suite, bool repeated) {
    CheckCounts counts;
    counts.add(suite);
    const std::size_t tests = tests_of(suite);
    std::string out = "  <testsuite name=\"" + xml(suite.lab) +
                      (repeated ? ", run " + std::to_string(suite.run + 1) : "") + "\" tests=\"" +
                      std::to_string(tests) + "\" failures=\"" +
                      std::to_string(counts.failed + counts.failed_steps) + "\" errors=\"" +
                      std::to_string(counts.errors + counts.interrupted) + "\" skipped=\"" +
                      std::to_string(counts.skipped) + "\" time=\"" + seconds(suite.elapsed) +
                      "\">\n";
    for (const CheckResult& r : suite.results) out += test_case(suite, r);
    for (const FailedStep& step : failed_steps(suite)) out += step_case(suite, step);
    if (!suite.trouble.empty())
        out += trouble_case(suite, "up", suite.trouble, mistakes_text(suite));
    if (!suite.unwritten.empty()) out += trouble_case(suite, "bundle", suite.unwritten, "");
    return out + "  </testsuite>\n";
}

// A description on TAP's line: "#" begins a directive.
std::string tap_words(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '#' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::string yaml(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out + "\"";
}

// Commands of GitHub's runner: "%", line ends, and in properties ":" and ",".
std::string command_text(const std::string& text, bool property_value) {
    std::string out;
    for (const char c : text) {
        if (c == '%')
            out += "%25";
        else if (c == '\r')
            out += "%0D";
        else if (c == '\n')
            out += "%0A";
        else if (property_value && c == ':')
            out += "%3A";
        else if (property_value && c == ',')
            out += "%2C";
        else
            out += c;
    }
    return out;
}

// "::error file=…,line=…,title=…::…", a line.
std::string annotation(bool warning, const std::string& file, unsigned line,
                       const std::string& title, const std::string& text) {
    std::string out = warning ? "::warning " : "::error ";
    if (line != 0)
        out += "file=" + command_text(file, true) + ",line=" + std::to_string(line) + ",";
    return out + "title=" + command_text(title, true) + "::" + command_text(text, false) + "\n";
}

std::string cell(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '|' || c == '\\' || c == '`' || c == '<') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

}  // namespace

std::string junit_xml(const std::vector<CheckSuite>& suites) {
    CheckCounts all;
    std::size_t tests = 0;
    double elapsed = 0;
    std::string inner;
    const bool repeated = std::any_of(suites.begin(), suites.end(),
                                      [](const CheckSuite& suite) { return suite.run > 0; });
    for (const CheckSuite& suite : suites) {
        all.add(suite);
        tests += tests_of(suite);
        elapsed += suite.elapsed;
        inner += test_suite(suite, repeated);
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lab\" tests=\"" +
           std::to_string(tests) + "\" failures=\"" +
           std::to_string(all.failed + all.failed_steps) + "\" errors=\"" +
           std::to_string(all.errors + all.interrupted) + "\" time=\"" + seconds(elapsed) +
           "\">\n" + inner + "</testsuites>\n";
}

std::string tap_text(const std::vector<CheckSuite>& suites) {
    std::string out;
    std::size_t n = 0;
    for (const CheckSuite& suite : suites) {
        out += "# " + suite.lab + " (" + suite.file + ")\n";
        for (const CheckResult& r : suite.results) {
            const bool bad =
                r.failed() || r.result == Result::error || r.result == Result::cancelled;
            out +=
                (bad ? "not ok " : "ok ") + std::to_string(++n) + " - " + tap_words(r.check.name);
            if (r.result == Result::skipped) out += " # SKIP " + tap_words(r.reason);
            out += "\n  ---\n  result: " + yaml(told(r)) + "\n  tries: " + std::to_string(r.tries) +
                   "\n  duration_ms: " + seconds(r.elapsed * 1000) + "\n";
            if (r.check.line != 0)
                out += "  at: " + yaml(r.check.file + ":" + std::to_string(r.check.line)) + "\n";
            out += "  ...\n";
        }
        for (const FailedStep& step : failed_steps(suite)) {
            out += "not ok " + std::to_string(++n) + " - " + tap_words(step.name) +
                   "\n  ---\n  result: " + yaml(step.text) + "\n";
            if (step.line != 0)
                out += "  at: " + yaml(step.file + ":" + std::to_string(step.line)) + "\n";
            out += "  ...\n";
        }
        for (const std::string& trouble : {suite.trouble, suite.unwritten}) {
            if (trouble.empty()) continue;
            out += "not ok " + std::to_string(++n) + " - " + tap_words(suite.lab) + "\n  ---\n" +
                   "  result: " + yaml(trouble) + "\n";
            if (trouble == suite.trouble && !suite.mistakes.empty())
                out += "  mistakes: " + yaml(mistakes_text(suite)) + "\n";
            out += "  ...\n";
        }
    }
    return "TAP version 14\n1.." + std::to_string(n) + "\n" + out;
}

std::string github_annotations(const CheckSuite& suite) {
    std::string out;
    for (const CheckResult& r : suite.results) {
        const bool bad = r.result == Result::failed || r.result == Result::error;
        if (!bad) continue;
        out += annotation(r.check.warning, r.check.file, r.check.line, r.check.name, told(r));
    }
    for (const FailedStep& step : failed_steps(suite))
        out += annotation(false, step.file, step.line, step.name, step.text);
    for (const FileMistake& m : suite.mistakes)
        out += annotation(false, m.file, m.line, suite.lab, m.text);
    if (!suite.trouble.empty() && suite.mistakes.empty())
        out += annotation(false, "", 0, suite.lab, suite.trouble);
    if (!suite.unwritten.empty()) out += annotation(false, "", 0, suite.lab, suite.unwritten);
    return out;
}

std::string github_summary(const std::vector<CheckSuite>& suites) {
    CheckCounts all;
    std::string rows;
    for (const CheckSuite& suite : suites) {
        all.add(suite);
        for (const CheckResult& r : suite.results) {
            const char* mark = r.result == Result::passed    ? "✅"
                               : r.result == Result::skipped ? "⏭️"
                               : r.failed()                  ? "❌"
                                                             : "⚠️";
            rows += std::string("| ") + mark + " | " + cell(suite.lab) + " | " +
                    cell(r.check.name) + " | " + cell(told(r)) + " | " + seconds(r.elapsed) +
                    " s |\n";
        }
        for (const FailedStep& step : failed_steps(suite))
            rows += "| ❌ | " + cell(suite.lab) + " | " + cell(step.name) + " | " + cell(step.text) +
                    " | |\n";
        for (const std::string& trouble : {suite.trouble, suite.unwritten})
            if (!trouble.empty())
                rows += "| ⚠️ | " + cell(suite.lab) + " | | " + cell(trouble) + " | |\n";
    }
    return "### lab: " + counts_line(all) +
           "\n\n| | lab | check | seen | time |\n|---|---|---|---|---|\n" + rows;
}

}  // namespace cli
