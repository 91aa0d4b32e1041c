// See check_session.hpp.
#include "cli/check_session.hpp"

#include "cli/error.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>

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

void run_checks(const Client& client, const CheckRequest& request, CheckSuite& suite,
                const std::function<void(std::string_view)>& line,
                const std::function<void(const CheckResult&)>& each) {
    Answer answer;
    bool planned = false;
    const auto take = [&](std::string_view bytes) {
        line(bytes);
        const auto result = take_line(suite, bytes);
        if (!planned && !suite.plan.empty()) {
            planned = true;
            if (request.bundle != nullptr)
                for (CheckInfo& info : suite.plan) locate(info, *request.bundle);
        }
        if (result) each(*result);
    };
    try {
        answer = client.lines("POST", "/v1/labs/" + encode(request.lab) + "/checks",
                              body_of(request), take);
    } catch (const Interrupted&) {
        suite.interrupted = true;
        return;
    }
    if (answer.status != 200) throw_failure(answer, "check " + request.lab);
    if (suite.trouble.empty() && suite.results.size() < suite.plan.size() && !suite.interrupted &&
        !request.options.watch)
        suite.trouble = "labd hung up before all checks had been run";
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
