// `lab test`: each file in a throw-away copy under a name of its own, its checks, and down again.
#include "cli/artefacts.hpp"
#include "cli/check_session.hpp"
#include "cli/child.hpp"
#include "cli/commands.hpp"
#include "cli/copy.hpp"
#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/measures.hpp"
#include "cli/render.hpp"
#include "cli/with_variant.hpp"

#include <boost/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

namespace cli {
namespace {

// A file, run once.
struct Copy {
    std::string file, quoted;  // for people, and as JSON
    std::string lab;           // as the file calls it
    std::string name;          // of the lab that is brought up
    topology::Variant variant;
    unsigned round = 0;
    // "m (cc = bbr)"
    std::string title() const {
        return variant.empty() ? lab : lab + " (" + topology::text(variant) + ")";
    }
};

// "-bbr-3": as a part of a name of a folder.
std::string folder_tail(const topology::Variant& variant) {
    std::string out;
    for (const auto& [variable, value] : variant) out += "-" + value;
    for (char& c : out)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') c = '_';
    return out.substr(0, 100);
}

class Tester {
  public:
    Tester(const Globals& globals, const TestOptions& options)
        : globals_(globals),
          options_(options),
          style_{globals.color_out},
          quiet_(for_copies(globals)),
          guard_(quiet_) {}

    std::vector<CheckSuite> run(const std::vector<Copy>& copies) {
        suites_.resize(copies.size());
        const std::size_t width = std::clamp<std::size_t>(options_.jobs, 1, copies.size());
        live_ = width == 1;
        std::atomic<std::size_t> next{0};
        const auto work = [&] {
            for (std::size_t i = next++; i < copies.size() && !stop_; i = next++)
                one(copies[i], suites_[i]);
        };
        std::vector<std::thread> threads;
        for (std::size_t t = 1; t < width; ++t) threads.emplace_back(work);
        work();
        for (std::thread& thread : threads) thread.join();
        return std::move(suites_);
    }

    bool interrupted() const { return interrupted_; }

  private:
    void one(const Copy& copy, CheckSuite& suite) {
        suite.file = copy.file;
        suite.lab = copy.title();
        suite.variant = topology::text(copy.variant);
        suite.run = copy.round;
        std::string text;
        std::optional<LabCopy> lab;
        try {
            lab.emplace(quiet_, guard_, with_variant(options_, copy.variant), copy.file, copy.name);
            begin(copy, text);
            lab->up();
            ask(copy, lab->bundle(), suite, text);
            if (suite.interrupted) stop_ = interrupted_ = true;
        } catch (const Interrupted&) {
            suite.interrupted = true;
            stop_ = interrupted_ = true;
        } catch (const Failure& failure) {
            note(failure, copy, suite);
        }
        if (!options_.bundle.empty()) keep_artefacts(copy, lab, suite);
        if (suite.interrupted) stop_ = interrupted_ = true;
        CheckCounts counts;
        counts.add(suite);
        const bool bad = counts.failed + counts.failed_steps + counts.errors > 0;
        if (lab && bad && options_.pause_on_fail && !suite.interrupted) pause(copy);
        if (lab) end(copy, *lab, suite.interrupted, text);
        if (options_.fail_fast && bad) stop_ = true;
        flush(text);
    }

    // The checks of the file, then its experiment; who chooses among the checks wants no other.
    void ask(const Copy& copy, const Bundle& bundle, CheckSuite& suite, std::string& text) {
        const Client client = connect(quiet_);
        const CheckRequest request{copy.name, options_, "", 0, &bundle};
        const auto line = [&](std::string_view bytes) { say_line(bytes, copy); };
        const auto each = [&](const CheckResult& result) {
            say(result_text(result, style_, globals_.verbose), text);
        };
        run_checks(client, request, suite, line, each);
        CheckCounts counts;
        counts.add(suite);
        const bool chosen = !options_.expression.empty() || !options_.tags.empty();
        const bool stopped = suite.interrupted || !suite.trouble.empty() ||
                             (options_.fail_fast && counts.failed > 0);
        if (const std::string steps = asked_by_steps(bundle.resolved.lab, options_);
            chosen && suite.plan.empty() && !steps.empty() && !globals_.quiet) {
            const std::lock_guard lock(mutex_);
            print_error("lab: " + steps + "; without -k and --tags the steps are played\n");
        }
        if (bundle.resolved.lab.steps.empty() || chosen || stopped) return;
        run_steps(client, request, suite, line, each, [&](const Experiment::Told& told) {
            say(step_text(suite.experiment, told, style_), text);
        });
        say(samples_text(suite.experiment), text);
    }

    // The lab as it has failed, for whoever sits at the terminal.
    void pause(const Copy& copy) {
        print_error(
            copy.lab + " has failed, and is still up as " + copy.name +
            ": lab status, lab shell NODE, lab check\nthe end of this shell takes it down\n");
        const char* shell = std::getenv("SHELL");
        (void)::setenv("LAB_NAME", copy.name.c_str(), 1);
        if (!globals_.socket.empty()) (void)::setenv("LAB_SOCKET", globals_.socket.c_str(), 1);
        Child child = Child::start({shell == nullptr || *shell == '\0' ? "/bin/sh" : shell}, false,
                                   false, false);
        if (child.pid == 0)
            print_error("no shell can be started: " + std::string(std::strerror(errno)) + "\n");
        else
            (void)child.wait();
        (void)::unsetenv("LAB_NAME");
    }

    void begin(const Copy& copy, std::string& text) {
        std::string line = style_.bold(copy.title()) + style_.dim("  " + copy.file);
        if (options_.repeat > 1) line += style_.dim("  run " + std::to_string(copy.round + 1));
        say(line + "\n", text);
    }

    // The copy could not even be brought up, or labd has failed.
    void note(const Failure& failure, const Copy& copy, CheckSuite& suite) {
        suite.trouble = failure.message;
        for (const topology::Diagnostic& d : failure.diagnostics) {
            if (d.severity != topology::Severity::error) continue;
            const bool placed = d.where.line != 0 && d.where.file < failure.sources.size();
            suite.mistakes.push_back({placed ? failure.sources[d.where.file].name : "",
                                      placed ? d.where.line : 0,
                                      d.message + (d.hint.empty() ? "" : " (" + d.hint + ")")});
        }
        // A program reads stdout, and a line for each file there.
        if (globals_.json()) say_line(render_json(failure), copy);
        const std::lock_guard lock(mutex_);
        if (!first_) first_ = failure;
        if (!globals_.json()) print_error(render(failure, globals_.color_err));
    }

    // Also of a copy that did not come up: then of what there is.
    void keep_artefacts(const Copy& copy, const std::optional<LabCopy>& lab, CheckSuite& suite) {
        std::string folder = options_.bundle + "/" + copy.lab + folder_tail(copy.variant);
        if (options_.repeat > 1) folder += "-" + std::to_string(copy.round + 1);
        try {
            write_artefacts(folder, quiet_, suite, lab ? &lab->bundle() : nullptr, copy.name);
        } catch (const Failure& failure) {
            suite.unwritten = failure.message;
            const std::lock_guard lock(mutex_);
            print_error(render(failure, globals_.color_err));
        }
    }

    void end(const Copy& copy, LabCopy& lab, bool was_interrupted, std::string& text) {
        if (options_.keep && !was_interrupted) {
            lab.keep();
            say("kept as " + copy.name + ": lab -L " + copy.name + " shell NODE; lab down " +
                    copy.name + "\n",
                text);
            return;
        }
        try {
            lab.down();
        } catch (const Failure& failure) {
            const std::lock_guard lock(mutex_);
            print_error(render(failure, globals_.color_err));
        }
    }

    bool for_people() const {
        return !globals_.json() && !options_.tap && !options_.csv && !globals_.quiet;
    }
    // Several at a time would mix their lines: each file's come together at its end.
    void say(const std::string& words, std::string& text) {
        if (!for_people()) return;
        text += words;
        if (live_) flush(text);
    }
    void flush(std::string& text) {
        const std::lock_guard lock(mutex_);
        print(text);
        (void)std::fflush(stdout);
        text.clear();
    }
    void say_line(std::string_view line, const Copy& copy) {
        if (!globals_.json()) return;
        const std::lock_guard lock(mutex_);
        // Which file a line is about stands in front of what labd says.
        std::string out = "{\"file\":" + copy.quoted + ",\"variant\":" +
                          boost::json::serialize(boost::json::value(topology::text(copy.variant))) +
                          ",\"run\":" + std::to_string(copy.round) + "," +
                          std::string(line.substr(1)) + "\n";
        print(out);
        (void)std::fflush(stdout);
    }

  public:
    std::optional<Failure> first_;  // why a copy could not even be brought up

  private:
    const Globals& globals_;
    const TestOptions& options_;
    Style style_;
    Globals quiet_;
    CopyGuard guard_;
    std::vector<CheckSuite> suites_;
    std::mutex mutex_;
    bool live_ = true;
    std::atomic<bool> stop_{false}, interrupted_{false};
};

// A file with mistakes stands for one lab, which will tell them.
std::vector<topology::Variant> variants_of(const FilePlace& place, const FileOptions& options) {
    return topology::variants(read_bundle(place, options).resolved.lab.matrix);
}

std::vector<Copy> copies_of(const TestOptions& options) {
    std::vector<std::string> files = options.files;
    if (files.empty()) files.push_back(choose_file("").shown());
    std::vector<Copy> each, copies;
    for (const std::string& file : files) {
        const FilePlace place = choose_file(file);
        const std::string shown = place.shown(), name = lab_name_of(place).value_or("lab");
        for (topology::Variant& variant : variants_of(place, options))
            each.push_back({shown, boost::json::serialize(boost::json::value(shown)), name, "",
                            std::move(variant), 0});
    }
    for (unsigned round = 0; round < options.repeat; ++round)
        for (Copy copy : each) {
            copy.name = copy_name(copy.lab, copies.size() + 1);
            copy.round = round;
            copies.push_back(std::move(copy));
        }
    return copies;
}

int list(const Globals& globals, const TestOptions& options) {
    std::vector<std::string> files = options.files;
    if (files.empty()) files.push_back(choose_file("").shown());
    for (const std::string& file : files) {
        const FilePlace place = choose_file(file);
        for (const topology::Variant& variant : variants_of(place, options)) {
            const Bundle bundle = read_bundle(place, with_variant(options, variant));
            require_valid(bundle, globals);
            if (!variant.empty()) print(topology::text(variant) + "\n");
            print(list_text(bundle.resolved.lab.checks, options));
        }
    }
    return exit_code::ok;
}

void require_terminal(const Globals& globals, const TestOptions& options) {
    if (!options.pause_on_fail) return;
    if (::isatty(0) != 1 || ::isatty(1) != 1)
        throw Failure("usage", "--pause-on-fail needs a terminal", "--keep leaves the copy up");
    if (options.jobs > 1 || globals.json() || options.tap || options.csv)
        throw Failure("usage", "--pause-on-fail goes with text and one copy at a time",
                      "without --jobs, --json, --tap and --csv");
}

void write_samples(const std::string& path, const std::vector<CheckSuite>& suites) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << (path.ends_with(".csv") ? samples_csv(suites) : samples_jsonl(suites));
    if (!out.flush())
        throw Failure("internal", "cannot write " + path, "the experiments have been run");
}

}  // namespace

int test(const Globals& globals, const TestOptions& options) {
    require_one_format(globals, options, options.csv);
    if (options.list) return list(globals, options);
    require_terminal(globals, options);
    const std::vector<Copy> copies = copies_of(options);
    // labd is started once, not by every thread.
    (void)connect(globals);
    Tester tester(globals, options);
    std::vector<CheckSuite> suites = tester.run(copies);
    // Those that --fail-fast and Ctrl-C have left out.
    std::erase_if(suites, [](const CheckSuite& s) { return s.lab.empty(); });
    if (options.tap) print(tap_text(suites));
    if (options.csv) print(runs_csv(suites));
    if (!options.samples.empty()) write_samples(options.samples, suites);
    write_reports(options, suites);
    if (tester.interrupted()) throw Interrupted("interrupted; the copy has been taken down");
    CheckCounts counts;
    std::size_t good = 0;
    for (const CheckSuite& suite : suites) {
        counts.add(suite);
        CheckCounts own;
        own.add(suite);
        if (own.failed + own.failed_steps + own.errors == 0) ++good;
    }
    if (!globals.json() && !options.tap && !options.csv && !globals.quiet) {
        if (options.repeat > 1)
            print(std::to_string(good) + " of " + count(suites.size(), "run") +
                  " without failure\n");
        print(counts_text(counts));
    }
    // A file with mistakes is 2, a machine that lacks something 4.
    if (tester.first_ && counts.failed == 0) return tester.first_->exit;
    return counts.exit_code();
}

}  // namespace cli
