// Verbs that test.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/flag_kinds.hpp"
#include "cli/setups.hpp"

namespace cli {
namespace {

void add_checks(CLI::App& app, CheckOptions& o) {
    valued(app, "-k", o.expression, "EXPR: checks whose name holds it: 'ospf and not backup'");
    repeated(app, "--tags", o.tags, "TAG: checks that have it");
    flag(app, "--fail-fast", o.fail_fast, "skip the rest when one has failed");
    flag(app, "--list", o.list, "the names of the checks, and nothing else");
    valued(app, "--junit", o.junit, "FILE: write JUnit XML, too");
    flag(app, "--tap", o.tap, "TAP 14 instead of text; --json: a line for each event");
    flag(app, "--github", o.github, "annotations and a summary (by itself in GitHub Actions)");
}

std::function<int()> setup_check(CLI::App& app, Line& line) {
    add_checks(app, line.check);
    flag(app, "--score", line.check.score, "say how many points that makes");
    flag(app, "--watch", line.check.watch, "stay, and show what changes; Ctrl-C ends it");
    return [&line] { return check(line.globals, line.check); };
}

std::function<int()> setup_grade(CLI::App& app, Line& line) {
    words_of(app, line.words);
    valued(app, "--csv", line.grade.output, "FILE: write the table there, not to standard output");
    counted(app, "--jobs", line.grade.jobs, "N copies at a time (2)", 1U, 64U);
    return [&line] {
        if (line.words.empty() || line.words.size() > 2)
            throw Failure("usage", "grade which folder?", "lab grade FOLDER [EXERCISE-FILE]");
        line.grade.folder = line.words[0];
        if (line.words.size() == 2) line.grade.exercise = line.words[1];
        return grade(line.globals, line.grade);
    };
}

std::function<int()> setup_test(CLI::App& app, Line& line) {
    words_of(app, line.test.files);
    repeated(app, "--set", line.typed.set, "K=V: give a variable of [vars] another value");
    add_checks(app, line.test);
    flag(app, "--keep", line.test.keep, "leave the copy up, to look at");
    flag(app, "--pause-on-fail", line.test.pause_on_fail,
         "a shell before a copy that has failed goes down");
    flag(app, "--csv", line.test.csv, "of each number its mean and deviation, as CSV");
    valued(app, "--samples", line.test.samples,
           "FILE: what steps have sampled, as CSV if it ends so, else JSON lines");
    valued(app, "--bundle", line.test.bundle,
           "DIR: write what happened there: report.html, states, logs, events");
    counted(app, "--repeat", line.test.repeat, "N: run each file so often (1)", 1U, 100000U);
    counted(app, "--jobs", line.test.jobs, "N copies at a time (1)", 1U, 64U);
    return [&line] { return test(line.globals, line.test); };
}

std::function<int()> setup_wait(CLI::App& app, Line& line) {
    words_of(app, line.words);
    valued(app, "--timeout", line.typed.timeout, "TIME: how long (60s); then exit 124");
    return [&line] {
        for (const std::string& word : line.words)
            line.wait.condition += (line.wait.condition.empty() ? "" : " ") + word;
        if (line.wait.condition.empty())
            throw Failure("usage", "wait for what?", "lab wait ready, or lab wait 'ping h1 h2'");
        // What the condition says of its time holds, unless the flag says more.
        if (line.wait.condition.find("within=") != std::string::npos ||
            line.wait.condition.find("within =") != std::string::npos)
            line.wait.timeout = 0;
        if (!line.typed.timeout.empty()) line.wait.timeout = parse_seconds(line.typed.timeout);
        return wait(line.globals, line.wait);
    };
}

}  // namespace

void setups_test(Setups& setups) {
    setups.insert({
        {"check", setup_check},
        {"grade", setup_grade},
        {"test", setup_test},
        {"wait", setup_wait},
    });
}

}  // namespace cli
