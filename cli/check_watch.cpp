// See check_watch.hpp.
#include "cli/check_watch.hpp"

#include "cli/error.hpp"
#include "cli/visible.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace cli {
namespace {

using Result = CheckResult::Result;

// The newest result of a check; nullptr before the first.
const CheckResult* newest(const CheckSuite& suite, std::size_t check) {
    const CheckResult* found = nullptr;
    for (const CheckResult& r : suite.results)
        if (r.check.index == check) found = &r;
    return found;
}

CheckCounts now(const CheckSuite& suite) {
    CheckSuite present;
    present.plan = suite.plan;
    for (const CheckInfo& info : suite.plan)
        if (const CheckResult* r = newest(suite, info.index)) present.results.push_back(*r);
    CheckCounts counts;
    counts.add(present);
    return counts;
}

std::string points(double n) {
    char text[32];
    (void)std::snprintf(text, sizeof text, "%g", n);
    return text;
}

}  // namespace

std::string watch_text(const CheckSuite& suite, const std::string& title, const Style& style) {
    std::string out = style.bold(title) + "\n\n";
    for (const CheckInfo& info : suite.plan) {
        const CheckResult* r = newest(suite, info.index);
        const bool good = r != nullptr && r->result == Result::passed;
        out += r == nullptr                   ? style.dim("…")
               : good                         ? style.green(glyphs().yes)
               : r->result == Result::skipped ? style.dim(glyphs().dash)
               : r->result == Result::error   ? style.yellow("!")
                                              : style.red(glyphs().no);
        out += " " + info.name;
        if (info.points > 0)
            out += style.dim("  " + points(good ? info.points : 0) + "/" + points(info.points));
        out += "\n";
        if (r == nullptr || good) continue;
        out += "    " + style.dim(visible(r->reason.empty() ? r->value : r->reason, 100)) + "\n";
        if (!info.hint.empty() && r->failed()) out += "    hint: " + info.hint + "\n";
    }
    const CheckCounts counts = now(suite);
    if (counts.of > 0)
        out += "\nscore: " + points(counts.points) + " of " + points(counts.of) + "\n";
    return out;
}

int watch_checks(const Globals& globals, const Client& client, const std::string& lab,
                 const CheckOptions& options, const Bundle& bundle) {
    const Style style{globals.color_out};
    const bool page = !globals.json() && ::isatty(STDOUT_FILENO) == 1;
    const std::string title = lab + style.dim("  Ctrl-C ends");
    CheckSuite suite;
    suite.lab = lab;
    const auto draw = [&] {
        // From the top, each line to its end, and nothing of the old page below.
        std::string text = watch_text(suite, title, style), out = "\x1b[H";
        for (const char c : text) out += c == '\n' ? "\x1b[K\n" : std::string(1, c);
        print(out + "\x1b[J");
        (void)std::fflush(stdout);
    };
    if (page) print("\x1b[2J");
    run_checks(
        client, {lab, options, "", 0, &bundle}, suite,
        [&](std::string_view line) {
            if (!globals.json()) return;
            print(std::string(line) + "\n");
            (void)std::fflush(stdout);
        },
        [&](const CheckResult& result) {
            if (page) return draw();
            if (globals.json()) return;
            print(result_text(result, style, false));
            (void)std::fflush(stdout);
        });
    if (!suite.interrupted && !suite.trouble.empty()) throw Failure("internal", suite.trouble);
    const CheckCounts counts = now(suite);
    if (!globals.json() && !page) {
        if (counts.of > 0)
            print("score: " + points(counts.points) + " of " + points(counts.of) + "\n");
        print(counts_text(counts));
    }
    return counts.exit_code();
}

}  // namespace cli
