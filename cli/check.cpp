// `lab check` and `lab wait`: what holds in a lab that runs.
#include "cli/check_session.hpp"
#include "cli/check_watch.hpp"
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/render.hpp"
#include "cli/select.hpp"
#include "cli/wait_ready.hpp"
#include "topology/check_filter.hpp"

#include <algorithm>
#include <cstdio>

namespace cli {
namespace {

std::string score_text(const CheckCounts& counts) {
    char text[64];
    (void)std::snprintf(text, sizeof text, "score: %g of %g\n", counts.points, counts.of);
    return text;
}

void flush() {
    (void)std::fflush(stdout);
}

}  // namespace

int check(const Globals& globals, const CheckOptions& options) {
    require_one_format(globals, options, false);
    const Client client = connect(globals);
    const std::string lab = choose_lab(globals, client);
    const Bundle bundle = running_bundle(client, lab);
    const Style style{globals.color_out};
    if (options.list) {
        print(list_text(bundle.resolved.lab.checks, options));
        return exit_code::ok;
    }
    if (options.watch) return watch_checks(globals, client, lab, options, bundle);
    const bool lines = globals.json(), text = !lines && !options.tap && !globals.quiet;
    CheckSuite suite;
    suite.lab = lab;
    suite.file = bundle.resolved.sources.empty() ? "" : bundle.resolved.sources.front().name;
    run_checks(
        client, {lab, options, "", 0, &bundle}, suite,
        [&](std::string_view line) {
            if (lines) print(std::string(line) + "\n"), flush();
        },
        [&](const CheckResult& result) {
            if (text) print(result_text(result, style, globals.verbose)), flush();
        });
    write_reports(options, {suite});
    if (options.tap) print(tap_text({suite}));
    if (suite.interrupted) throw Interrupted(lab + ": interrupted; nothing stays broken");
    CheckCounts counts;
    counts.add(suite);
    if (!suite.trouble.empty()) print_error("lab: error: " + suite.trouble + "\n");
    if (const std::string steps = asked_by_steps(bundle.resolved.lab, options);
        suite.plan.empty() && suite.trouble.empty() && !steps.empty())
        throw Failure("no_checks", steps, "lab test FILE plays the steps");
    if (suite.plan.empty() && suite.trouble.empty())
        throw Failure(
            "no_checks",
            lab + " has no checks" + (bundle.resolved.lab.checks.empty() ? "" : " of that kind"),
            bundle.resolved.lab.checks.empty() ? "lab help checks" : "lab check --list");
    if (text && (options.score || counts.of > 0)) print(score_text(counts));
    if (text) print(counts_text(counts));
    return counts.exit_code();
}

int wait(const Globals& globals, const WaitOptions& options) {
    const Client client = connect(globals);
    const std::string lab = choose_lab(globals, client);
    if (options.condition == "ready") return wait_ready(globals, client, lab, options.timeout);
    CheckSuite suite;
    suite.lab = lab;
    const Style style{globals.color_out};
    run_checks(
        client, {lab, {}, options.condition, options.timeout, nullptr}, suite,
        [&](std::string_view line) {
            if (globals.json()) print(std::string(line) + "\n"), flush();
        },
        [&](const CheckResult& result) {
            if (!globals.json() && !globals.quiet)
                print(result_text(result, style, globals.verbose));
        });
    if (suite.interrupted) throw Interrupted(lab + ": interrupted");
    if (!suite.trouble.empty()) throw Failure("internal", suite.trouble);
    CheckCounts counts;
    counts.add(suite);
    return counts.failed > 0 ? exit_code::timed_out : counts.exit_code();
}

std::string list_text(const std::vector<topology::Check>& checks, const CheckOptions& options) {
    const auto selected = topology::select(checks, {options.expression, options.tags});
    if (!selected)
        throw Failure("usage", "\"" + options.expression + "\" is no expression",
                      "-k 'ospf and not backup'");
    std::string out;
    for (const std::size_t index : *selected) out += checks[index].name + "\n";
    return out;
}

std::string asked_by_steps(const topology::Lab& lab, const CheckOptions& options) {
    const auto selected = topology::select(lab.checks, {options.expression, options.tags});
    if (!selected || selected->empty()) return "";
    std::string names;
    for (const std::size_t index : *selected) {
        const bool by_step =
            std::any_of(lab.steps.begin(), lab.steps.end(), [&](const topology::TimedStep& step) {
                return step.kind == topology::TimedStep::Kind::check && step.check == index;
            });
        if (!by_step) return "";
        names += (names.empty() ? "\"" : ", \"") + lab.checks[index].name + "\"";
    }
    return names + (selected->size() == 1 ? " is" : " are") +
           " asked by a [[step]] only, at its time";
}

}  // namespace cli
