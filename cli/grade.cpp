// `lab grade`: every student's file in a throw-away copy, asked what the exercise's own checks ask.
#include "cli/beyond_exercise.hpp"
#include "cli/check_session.hpp"
#include "cli/commands.hpp"
#include "cli/copy.hpp"
#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/render.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace cli {
namespace {

namespace fs = std::filesystem;

struct Student {
    std::string name, file;
    std::vector<std::optional<double>> points;  // of each graded check; nullopt: not asked
    std::string reason;                         // why points are missing
    double sum() const {
        double out = 0;
        for (const auto& p : points) out += p.value_or(0);
        return out;
    }
};

std::string stem(std::string name) {
    for (const char* tail : {".lab.toml", ".toml"})
        if (name.ends_with(tail) && name.size() > std::string(tail).size())
            return name.substr(0, name.size() - std::string(tail).size());
    return name;
}

// A file each, or a folder each with files of its own.
std::vector<Student> students_in(const std::string& folder) {
    std::error_code error;
    std::vector<Student> out;
    fs::directory_iterator entries(folder, error);
    if (error)
        throw Failure("usage", "cannot read the folder " + folder + ": " + error.message(),
                      "lab grade FOLDER [EXERCISE-FILE]");
    for (const fs::directory_entry& entry : entries) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(".")) continue;
        const bool folder_of_one = entry.is_directory(error);
        if (folder_of_one || name.ends_with(".toml"))
            out.push_back({folder_of_one ? name : stem(name), entry.path().string(), {}, ""});
    }
    std::sort(out.begin(), out.end(),
              [](const Student& a, const Student& b) { return a.name < b.name; });
    return out;
}

// RFC 4180; what a spreadsheet would take for a formula gets an apostrophe.
std::string cell(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    if (!text.empty() && std::string("=+-@").find(text.front()) != std::string::npos)
        text.insert(text.begin(), '\'');
    if (text.find_first_of(",\"") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
}

std::string points_text(double points) {
    char text[32];
    (void)std::snprintf(text, sizeof text, "%g", points);
    return text;
}

// One line for a cell of the table: the first mistake of a file, or the first line of what was
// said.
std::string reason_of(const Failure& failure) {
    for (const topology::Diagnostic& d : failure.diagnostics)
        if (d.severity == topology::Severity::error)
            return "line " + std::to_string(d.where.line) + ": " + d.message;
    return failure.message.substr(0, failure.message.find('\n'));
}

class Grader {
  public:
    Grader(const Globals& globals, const topology::Lab& exercise)
        : globals_(for_copies(globals)),
          guard_(globals_),
          exercise_(exercise),
          checks_(exercise.checks),
          loud_(!globals.quiet) {
        for (const topology::Check& check : checks_) of_ += check.points;
    }

    double of() const { return of_; }
    bool interrupted() const { return stop_; }
    bool trouble() const { return trouble_; }

    void run(std::vector<Student>& students, unsigned jobs) {
        std::atomic<std::size_t> next{0};
        const auto work = [&] {
            for (std::size_t i = next++; i < students.size() && !stop_; i = next++)
                one(students[i], i + 1);
        };
        std::vector<std::thread> threads;
        for (unsigned t = 1; t < std::min<std::size_t>(jobs, students.size()); ++t)
            threads.emplace_back(work);
        work();
        for (std::thread& thread : threads) thread.join();
    }

  private:
    void one(Student& student, std::size_t number) {
        student.points.assign(checks_.size(), std::nullopt);
        std::optional<LabCopy> copy;
        try {
            copy.emplace(globals_, guard_, FileOptions{}, student.file, copy_name("grade", number));
            if (const auto beyond = beyond_exercise(copy->bundle().resolved.lab, exercise_)) {
                student.reason = *beyond;
                copy.reset();
            } else {
                const std::string unlike = unlike_exercise(copy->bundle().resolved.lab, exercise_);
                copy->up();
                ask(*copy, student);
                if (!unlike.empty())
                    student.reason += (student.reason.empty() ? "" : "; ") + unlike;
            }
        } catch (const Interrupted&) {
            stop_ = true;
        } catch (const Failure& failure) {
            student.reason = reason_of(failure);
            if (failure.exit == exit_code::infrastructure) trouble_ = true;
        }
        try {
            if (copy) copy->down();
        } catch (const Failure& failure) {
            trouble_ = true;
            say(failure.message);
        }
        if (!stop_)
            say(student.name + "  " + points_text(student.sum()) + " of " + points_text(of_) +
                (student.reason.empty() ? "" : "  " + student.reason));
    }

    // The exercise's tables, never those of the student's file, against the student's lab.
    void ask(const LabCopy& copy, Student& student) {
        const Client client = connect(globals_);
        std::set<std::string> missed;
        for (std::size_t i = 0; i < checks_.size(); ++i) {
            const topology::Check& check = checks_[i];
            const bool skipped = std::any_of(
                check.after.begin(), check.after.end(),
                [&](const topology::Text& after) { return missed.contains(after.text); });
            bool passed = false;
            std::string why = skipped ? "skipped" : "";
            if (!skipped) {
                try {
                    CheckSuite suite;
                    // Of the student's lab, not of ours, are the addresses.
                    const std::string& question =
                        check.with_references.empty() ? check.toml : check.with_references;
                    run_checks(
                        client, {copy.name(), {}, question, 0, nullptr}, suite,
                        [](std::string_view) {}, [](const CheckResult&) {});
                    if (suite.interrupted) throw Interrupted("interrupted");
                    if (!suite.trouble.empty()) throw Failure("internal", suite.trouble);
                    if (!suite.results.empty()) {
                        const CheckResult& r = suite.results.front();
                        passed = r.result == CheckResult::Result::passed;
                        why = r.reason.empty() ? r.value : r.reason;
                    }
                } catch (const Interrupted&) {
                    throw;
                } catch (const Failure& failure) {
                    // A node that the student has left out, say.
                    if (failure.exit == exit_code::infrastructure) throw;
                    why = reason_of(failure);
                }
            }
            student.points[i] = passed ? check.points : 0;
            if (passed) continue;
            missed.insert(check.name);
            student.reason += (student.reason.empty() ? "" : "; ") + check.name + ": " + why;
        }
    }

    void say(const std::string& words) {
        if (!loud_) return;
        const std::lock_guard lock(mutex_);
        print_error(words + "\n");
    }

    Globals globals_;
    CopyGuard guard_;
    const topology::Lab& exercise_;
    const std::vector<topology::Check>& checks_;
    double of_ = 0;
    bool loud_ = true;
    std::mutex mutex_;
    std::atomic<bool> stop_{false}, trouble_{false};
};

std::string table_of(const std::vector<Student>& students,
                     const std::vector<topology::Check>& checks, double of) {
    std::string out = "student,points,of";
    for (const topology::Check& check : checks) out += "," + cell(check.name);
    out += ",reason\r\n";
    for (const Student& student : students) {
        out += cell(student.name) + "," + points_text(student.sum()) + "," + points_text(of);
        for (const auto& points : student.points)
            out += "," + (points ? points_text(*points) : std::string());
        out += "," + cell(student.reason) + "\r\n";
    }
    return out;
}

}  // namespace

int grade(const Globals& globals, const GradeOptions& options) {
    const Bundle exercise = read_bundle(choose_file(options.exercise), FileOptions{});
    require_valid(exercise, globals);
    // Checks without points prepare for others: they are asked, too.
    const std::vector<topology::Check>& checks = exercise.resolved.lab.checks;
    Grader grader(globals, exercise.resolved.lab);
    if (grader.of() <= 0)
        throw Failure("no_checks", exercise.resolved.lab.name + " has no check with points",
                      "points = 2 in a [[check]]");
    std::vector<Student> students = students_in(options.folder);
    if (students.empty())
        throw Failure("no_checks", "there is no topology in " + options.folder,
                      "one NAME.toml for each student, or a folder with a lab.toml");
    (void)connect(globals);  // labd is started once, not by every thread
    grader.run(students, options.jobs);
    if (grader.interrupted()) throw Interrupted("interrupted; the copies have been taken down");
    const std::string table = table_of(students, checks, grader.of());
    if (options.output.empty()) {
        print(table);
    } else {
        std::ofstream out(options.output, std::ios::binary | std::ios::trunc);
        out << table;
        if (!out.flush()) throw Failure("internal", "cannot write " + options.output);
    }
    return grader.trouble() ? exit_code::infrastructure : exit_code::ok;
}

}  // namespace cli
