// See report_html.hpp.
#include "cli/report_html.hpp"

#include "cli/render.hpp"
#include "cli/report_experiment.hpp"
#include "labd/base64.hpp"
#include "topology/stages.hpp"

#include <boost/json.hpp>

#include <sstream>

namespace cli {
namespace {

namespace json = boost::json;
using Result = CheckResult::Result;

constexpr std::size_t most_events = 500;

constexpr const char* style_sheet = R"(
:root { color-scheme: light dark; --text: #1a202c; --dim: #4a5568; --line: #d5dbe5; --page: #fbfcfe;
  --card: #ffffff; --good: #276749; --bad: #9b2c2c; --odd: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --text: #e6eaf0; --dim: #a0aec0; --line: #3a4454;
  --page: #14181f; --card: #1c222c; --good: #68d391; --bad: #fc8181; --odd: #f6ad55; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 70rem; background: var(--page);
  color: var(--text); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
.dim, small, time { color: var(--dim); }
.passed { color: var(--good); } .failed { color: var(--bad); } .other { color: var(--odd); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .6rem .9rem; margin: .5rem 0; overflow-x: auto; }
.card p { margin: .2rem 0; } .mark { font-weight: 700; margin-right: .4rem; }
pre, code, td { font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { margin: .3rem 0; white-space: pre-wrap; }
img { max-width: 100%; height: auto; border-radius: .5rem; border: 1px solid var(--line); }
figure { margin: .8rem 0; } svg { display: block; width: 100%; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; }
polyline { fill: none; stroke: var(--good); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
circle { fill: var(--bad); } line.step { stroke: var(--odd); stroke-dasharray: 3 3; }
table { border-collapse: collapse; width: 100%; } td { padding: .1rem .8rem .1rem 0;
  vertical-align: top; } td:first-child { white-space: nowrap; }
)";

std::string lines_of(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) out += html(item) + "\n";
    return out;
}

std::string check_card(const CheckResult& r) {
    const bool good = r.result == Result::passed;
    const char* look = good ? "passed" : r.failed() ? "failed" : "other";
    const char* mark = good ? "✓" : r.failed() ? "✗" : r.result == Result::skipped ? "–" : "!";
    std::string out = "<section class=\"card\"><p><span class=\"mark " + std::string(look) + "\">" +
                      mark + "</span><strong>" + html(r.check.name) + "</strong> <small>" +
                      html(duration(r.elapsed)) + ", " + count(r.tries, "attempt") +
                      "</small></p>\n";
    const std::string said = r.reason.empty() ? r.value : r.reason;
    if (!said.empty()) out += "<p>" + html(said) + "</p>\n";
    if (!r.where.empty()) out += "<p class=\"failed\">" + html(r.where) + "</p>\n";
    for (const std::string& cause : r.causes)
        out += "<p>likely cause: <strong>" + html(cause) + "</strong></p>\n";
    if (!r.facts.empty())
        out += "<details open=\"open\"><summary>what that node knows</summary><pre>" +
               lines_of(r.facts) + "</pre></details>\n";
    if (!r.capture.empty())
        out += "<p>packets of " + html(r.packets_from) + " → " + html(r.packets_to) +
               ", asked once more: <a href=\"" + html(r.capture) + "\"><code>" + html(r.capture) +
               "</code></a></p>\n";
    if (r.history.size() > 1) {
        out += "<details><summary>history</summary><table>";
        for (const auto& [at, value] : r.history)
            out += "<tr><td>" + html(duration(at)) + "</td><td>" + html(value) + "</td></tr>";
        out += "</table></details>\n";
    }
    if (r.check.line != 0)
        out += "<p class=\"dim\"><code>" + html(r.check.file) + ":" + std::to_string(r.check.line) +
               "</code></p>\n";
    if (!r.check.hint.empty() && !good) out += "<p>hint: " + html(r.check.hint) + "</p>\n";
    return out + "</section>\n";
}

std::string on_one_line(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;)
        text.replace(at, 1, ", ");
    return text;
}

// As its file calls it, whatever the copy was called.
std::string drawing(topology::Lab lab, const std::string& name) {
    lab.name = name;
    return topology::graph(lab, topology::GraphFormat::svg);
}

std::string word(const json::object& from, const char* key) {
    const json::value* value = from.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::string timeline(const std::string& events) {
    std::string rows;
    std::istringstream in(events);
    std::size_t left = 0, shown = 0;
    for (std::string line; std::getline(in, line);) {
        json::error_code error;
        const json::value value = json::parse(line, error);
        if (error || !value.is_object()) continue;
        if (++shown > most_events) {
            ++left;
            continue;
        }
        const json::object& event = value.get_object();
        std::string rest;
        for (const auto& [key, part] : event) {
            const std::string name(key);
            if (name == "seq" || name == "time" || name == "api" || name == "lab") continue;
            rest += (rest.empty() ? "" : "  ") +
                    (name == "type" || name == "node" || name == "action" ? "" : name + "=") +
                    (part.is_string() ? std::string(part.get_string()) : json::serialize(part));
        }
        rows += "<tr><td><time>" + html(word(event, "time")) + "</time></td><td>" + html(rest) +
                "</td></tr>\n";
    }
    if (rows.empty()) return "<p class=\"dim\">nothing was seen</p>\n";
    if (left > 0)
        rows +=
            "<tr><td></td><td>and " + std::to_string(left) + " more in events.jsonl</td></tr>\n";
    return "<table>" + rows + "</table>\n";
}

}  // namespace

std::string report_html(const CheckSuite& suite, const topology::Lab* lab,
                        const std::string& events) {
    CheckCounts counts;
    counts.add(suite);
    const bool good = counts.failed + counts.failed_steps + counts.errors == 0;
    std::string out =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta "
        "name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta "
        "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
        "style-src 'unsafe-inline'\"/>\n<title>" +
        html(suite.lab) + "</title>\n<style>" + style_sheet + "</style>\n</head>\n<body>\n<h1>" +
        html(suite.lab) + "</h1>\n<p class=\"" + (good ? "passed" : "failed") + "\">" +
        html(on_one_line(counts_text(counts))) + "</p>\n<p class=\"dim\"><code>" +
        html(suite.file) + "</code></p>\n";
    if (!suite.trouble.empty())
        out += "<section class=\"card\"><pre class=\"failed\">" + html(suite.trouble) +
               "</pre></section>\n";
    if (lab != nullptr && !lab->nodes.empty())
        out += "<h2>The network</h2>\n<img alt=\"the network of " + html(suite.lab) +
               "\" src=\"data:image/svg+xml;base64," +
               labd::base64_encode(drawing(*lab, suite.lab)) + "\"/>\n";
    out += "<h2>Checks</h2>\n";
    if (suite.results.empty()) out += "<p class=\"dim\">none was run</p>\n";
    for (const CheckResult& r : suite.results) out += check_card(r);
    out += experiment_html(suite.experiment);
    return out + "<h2>Timeline</h2>\n" + timeline(events) + "</body>\n</html>\n";
}

}  // namespace cli
