// See check_session.hpp.
#include "cli/check_session.hpp"

#include "cli/error.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace cli {
namespace {

namespace json = boost::json;

std::string body_of(const CheckRequest& request) {
    json::object body{{"api", 1},
                      {"k", request.options.expression},
                      {"tags", json::value_from(request.options.tags)},
                      {"fail_fast", request.options.fail_fast},
                      {"watch", request.options.watch}};
    if (!request.condition.empty()) body["condition"] = request.condition;
    if (request.within > 0) body["within"] = request.within;
    if (request.once) body["once"] = *request.once;
    return json::serialize(body);
}

void write_file(const std::string& path, const std::string& text, std::ios::openmode mode) {
    std::ofstream out(path, mode | std::ios::binary);
    out << text;
    if (!out.flush())
        throw Failure("internal", "cannot write " + path, "the checks themselves have been run");
}

}  // namespace

void locate(CheckInfo& info, const Bundle& bundle) {
    const auto& checks = bundle.resolved.lab.checks;
    const auto& sources = bundle.resolved.sources;
    if (info.index >= checks.size() || checks[info.index].name != info.name) return;
    const topology::Where& where = checks[info.index].where;
    if (where.file >= sources.size()) return;
    info.file = sources[where.file].name;
    info.line = where.line;
}

static void locate_steps(Experiment& experiment, const Bundle& bundle) {
    const auto& steps = bundle.resolved.lab.steps;
    const auto& sources = bundle.resolved.sources;
    for (std::size_t i = 0; i < experiment.steps.size() && i < steps.size(); ++i) {
        const topology::Where& where = steps[i].where;
        if (steps[i].name != experiment.steps[i].name || where.file >= sources.size()) continue;
        experiment.steps[i].file = sources[where.file].name;
        experiment.steps[i].line = where.line;
    }
}

namespace {

// What the two streams have in common.
Answer follow(const Client& client, const CheckRequest& request, const char* what,
              const std::string& body, CheckSuite& suite,
              const std::function<void(std::string_view)>& line) {
    const std::string target = "/v1/labs/" + encode(request.lab) + "/";
    // labd takes out what the run has broken; when its answer ends, all is as it was.
    const auto ask_to_end = [&] {
        if (suite.ticket == 0 || request.options.watch) return false;
        try {
            const std::string ticket = std::to_string(suite.ticket);
            const Answer answer = client.request("POST", target + "checks",
                                                 "{\"api\":1,\"cancel\":" + ticket + "}", 5);
            if (answer.status != 202) return false;
        } catch (const Failure&) {
            return false;
        }
        if (request.condition.empty() && ::isatty(2) == 1)
            print_error("what is broken is mended (Ctrl-C again: not waited for)\n");
        return true;
    };
    try {
        Answer answer = client.lines("POST", target + what, body, line, ask_to_end);
        if (answer.status != 200) throw_failure(answer, "check " + request.lab);
        return answer;
    } catch (const Interrupted&) {
        suite.interrupted = true;
        return {};
    }
}

void locate_all(const CheckRequest& request, CheckSuite& suite) {
    if (request.bundle == nullptr) return;
    for (CheckInfo& info : suite.plan) locate(info, *request.bundle);
}

}  // namespace

void run_checks(const Client& client, const CheckRequest& request, CheckSuite& suite,
                const std::function<void(std::string_view)>& line,
                const std::function<void(const CheckResult&)>& each) {
    bool planned = false;
    (void)follow(client, request, "checks", body_of(request), suite, [&](std::string_view bytes) {
        line(bytes);
        const auto result = take_line(suite, bytes);
        if (!planned && !suite.plan.empty()) {
            planned = true;
            locate_all(request, suite);
        }
        if (result) each(*result);
    });
    if (suite.trouble.empty() && suite.results.size() < suite.plan.size() && !suite.interrupted &&
        !request.options.watch)
        suite.trouble = "labd hung up before all checks had been run";
}

void run_steps(const Client& client, const CheckRequest& request, CheckSuite& suite,
               const std::function<void(std::string_view)>& line,
               const std::function<void(const CheckResult&)>& each,
               const std::function<void(const Experiment::Told&)>& told) {
    const double before = suite.elapsed;
    (void)follow(client, request, "steps", "{}", suite, [&](std::string_view bytes) {
        line(bytes);
        const std::size_t known = suite.experiment.told.size();
        const std::size_t planned = suite.plan.size(), steps = suite.experiment.steps.size();
        const auto result = take_line(suite, bytes);
        if (suite.experiment.steps.size() != steps && request.bundle != nullptr)
            locate_steps(suite.experiment, *request.bundle);
        if (suite.plan.size() != planned) locate_all(request, suite);
        if (result) each(*result);
        if (suite.experiment.told.size() != known) told(suite.experiment.told.back());
    });
    if (suite.trouble.empty() && suite.elapsed == before && !suite.interrupted)
        suite.trouble = "labd hung up before the experiment was over";
}

void require_one_format(const Globals& globals, const CheckOptions& options, bool csv) {
    std::vector<std::string> asked;
    if (globals.json()) asked.emplace_back("--json");
    if (options.tap) asked.emplace_back("--tap");
    if (csv) asked.emplace_back("--csv");
    if (asked.size() > 1)
        throw Failure("usage", join(asked, " and ") + " on one standard output",
                      "one of them; --junit FILE goes beside it");
}

bool on_github(const CheckOptions& options) {
    const char* variable = std::getenv("GITHUB_ACTIONS");
    return options.github || (variable != nullptr && std::string(variable) == "true");
}

void write_reports(const CheckOptions& options, const std::vector<CheckSuite>& suites) {
    if (!options.junit.empty()) write_file(options.junit, junit_xml(suites), std::ios::trunc);
    if (!on_github(options)) return;
    for (const CheckSuite& suite : suites) print(github_annotations(suite));
    if (const char* path = std::getenv("GITHUB_STEP_SUMMARY"); path != nullptr && *path != '\0')
        write_file(path, github_summary(suites), std::ios::app);
}

}  // namespace cli
