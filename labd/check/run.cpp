// See run.hpp.
#include "labd/check/run.hpp"

#include "labd/check/command.hpp"
#include "labd/check/diagnose.hpp"
#include "labd/check/run_state.hpp"
#include "labd/check/subjects.hpp"
#include "labd/gather.hpp"

#include <algorithm>
#include <chrono>

namespace labd::check {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

// So many commands of one try at a time.
constexpr std::size_t at_once = 32;
// Commands are not asked again sooner than this after they began, whatever the kernel says.
constexpr std::chrono::milliseconds breath{50};
constexpr std::size_t most_history = 50;

Clock::duration of_seconds(double s) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
}

double since(Clock::time_point begin, Clock::time_point end = Clock::now()) {
    return std::chrono::duration<double>(end - begin).count();
}

// Routers answer one probe of a path a second, after the first six (icmp(7)).
Clock::duration breath_of(const topology::Check& check) {
    const bool path = std::holds_alternative<topology::subject::Path>(check.subject);
    return path ? std::chrono::milliseconds(300) : breath;
}

// Whose events matter to a check: the nodes whose kernel it reads, or for what sends packets all.
std::vector<std::string> places(const Question& question) {
    return question.commands.empty() ? question.spaces : std::vector<std::string>{};
}

}  // namespace

const char* word(Outcome::Result result) {
    static constexpr const char* words[] = {"passed", "failed", "skipped", "error", "cancelled"};
    return words[static_cast<std::size_t>(result)];
}

Run::Run(asio::io_context& loop, Engine& engine, std::shared_ptr<Lab> lab)
    : loop_(loop), engine_(engine), lab_(std::move(lab)), state_(std::make_shared<State>(loop)) {}

void Run::cancel() {
    state_->cancelled = true;
    state_->watch.changed.notify();
}

asio::awaitable<void> Run::all(std::vector<topology::Check> checks,
                               std::vector<std::size_t> selected, bool fail_fast,
                               Listener listener) {
    const std::shared_ptr<State> state = state_;
    co_await state->watch.open(engine_.kernel_thread(), lab_);
    std::map<std::string, Outcome::Result> results;
    bool stopped = false;
    for (const std::size_t index : selected) {
        const topology::Check& check = checks.at(index);
        Outcome outcome;
        for (const topology::Text& before : check.after) {
            const auto done = results.find(before.text);
            if (done == results.end() || done->second == Outcome::Result::passed) continue;
            outcome.result = Outcome::Result::skipped;
            outcome.reason = "\"" + before.text + "\" has not passed";
        }
        if (stopped) {
            outcome.result = Outcome::Result::skipped;
            outcome.reason = "another check has failed";
        }
        if (outcome.result != Outcome::Result::skipped) {
            listener.begins(index);
            state->seen = [&](bool ok, const Seen& seen) { listener.seen(index, ok, seen); };
            outcome = co_await one(check);
            state->seen = nullptr;
        }
        results[check.name] = outcome.result;
        listener.ended(index, outcome);
        if (state->cancelled) break;
        stopped = stopped || (fail_fast && outcome.result != Outcome::Result::passed);
    }
    state->watch.close();
}

asio::awaitable<Outcome> Run::one(const topology::Check& check) {
    if (check.during) co_return co_await with_fault(check);
    if (std::holds_alternative<topology::subject::Converged>(check.subject))
        co_return co_await until_quiet(check);
    co_return co_await until_true(check, check.within_s);
}

asio::awaitable<void> Run::hear(Ask ask, Heard& to) {
    const auto live = lab_->nodes.find(ask.node);
    const topology::Node* node = lab_->wish.find(ask.node);
    if (node == nullptr || live == lab_->nodes.end() || !live->second.door) {
        to.refused = node != nullptr && !node->has_process() ? "it is a switch without processes"
                                                             : "it is not running";
        co_return;
    }
    const std::shared_ptr<NodeDoor> door = live->second.door;
    Command command;
    command.argv = ask.argv;
    for (const auto& [key, value] : node->env) command.env.push_back(key + "=" + value.text);
    command.user = node->user;
    to = co_await run_command(loop_, door, std::move(command), ask.input, ask.limit_s);
}

asio::awaitable<void> Run::read(std::string node, Answers& to) {
    std::string why;
    try {
        Reading reading;
        Worker::Job job = [&] { reading = read_kernel(lab_->kernel->netns(node)); };
        co_await engine_.kernel_thread().run(lab_->name, std::move(job));
        to.spaces[node] = std::move(reading);
    } catch (const std::exception& error) {
        why = error.what();
    }
    if (!why.empty()) to.dead[node] = why;
}

asio::awaitable<Verdict> Run::try_once(const topology::Check& check) {
    Question question = ask(check, living(*lab_));
    if (!question.broken.empty()) {
        Verdict verdict;
        verdict.broken = question.broken;
        co_return verdict;
    }
    Answers answers;
    answers.commands.resize(question.commands.size());
    std::vector<Task> tasks;
    for (std::size_t i = 0; i < question.commands.size(); ++i)
        tasks.emplace_back([this, &question, &answers, i] {
            return hear(question.commands[i], answers.commands[i]);
        });
    for (const std::string& node : question.spaces)
        tasks.emplace_back([this, &answers, node] { return read(node, answers); });
    co_await gather(std::move(tasks), at_once);
    co_return judge(check, living(*lab_), answers);
}

asio::awaitable<Outcome> Run::until_true(const topology::Check& check, double within_s) {
    const std::shared_ptr<State> state = state_;
    const Question question = ask(check, living(*lab_));
    const std::vector<std::string> where = places(question);
    const bool neighbors = std::holds_alternative<topology::subject::Neighbor>(check.subject);
    const auto began = Clock::now();
    const auto deadline = began + of_seconds(within_s);
    std::optional<Clock::time_point> true_since;
    Clock::duration pause = breath_of(check);
    Outcome outcome;
    for (;;) {
        const std::uint64_t before = state->watch.changes(where, neighbors);
        const auto tried = Clock::now();
        const Verdict verdict = co_await try_once(check);
        const auto now = Clock::now();
        ++outcome.tries;
        outcome.elapsed_s = since(began, now);
        outcome.value = verdict.value(check.negated);
        outcome.metrics = verdict.metrics;
        const bool holds = verdict.holds(check.negated);
        if (outcome.history.empty() || outcome.history.back().value != outcome.value) {
            if (outcome.history.size() == most_history)
                outcome.history.erase(outcome.history.begin() + 1);
            outcome.history.push_back({outcome.elapsed_s, outcome.value});
            if (state->seen) state->seen(holds, outcome.history.back());
        }
        if (state->cancelled) {
            outcome.result = Outcome::Result::cancelled;
            co_return outcome;
        }
        if (!holds) true_since.reset();
        if (holds && !true_since) {
            true_since = tried;
            outcome.first_ok_s = outcome.elapsed_s;
        }
        if (true_since && now - *true_since >= of_seconds(check.hold_s)) {
            outcome.result = Outcome::Result::passed;
            co_return outcome;
        }
        if (!holds && now >= deadline) {
            outcome.result =
                verdict.broken.empty() ? Outcome::Result::failed : Outcome::Result::error;
            outcome.reason = verdict.broken;
            for (const Finding& finding : verdict.findings)
                if (!finding.ok && finding.flow && !outcome.flow) outcome.flow = finding.flow;
            if (verdict.broken.empty() && !check.negated)
                outcome.diagnosis = co_await diagnose(
                    check, verdict, engine_, lab_,
                    [this](Ask ask, Heard& to) { return hear(std::move(ask), to); });
            co_return outcome;
        }
        // On whatever happens first: the kernel changes something, or it is time.
        auto next = now + pause;
        pause = std::min(pause * 2, of_seconds(check.every_s));
        next = std::min(next, true_since ? *true_since + of_seconds(check.hold_s) : deadline);
        while (!state->cancelled && Clock::now() < next &&
               state->watch.changes(where, neighbors) == before)
            co_await state->watch.changed.wait_until(next);
        const auto earliest = tried + breath_of(check);
        while (!question.commands.empty() && !state->cancelled && Clock::now() < earliest)
            co_await state->watch.changed.wait_until(earliest);
    }
}

// The run follows the kernel anyhow: nothing is asked.
asio::awaitable<Outcome> Run::until_quiet(const topology::Check& check) {
    const std::shared_ptr<State> state = state_;
    const auto& subject = std::get<topology::subject::Converged>(check.subject);
    const auto began = Clock::now();
    const auto deadline = began + of_seconds(check.within_s);
    Outcome outcome;
    for (;;) {
        const auto now = Clock::now();
        const auto last = std::max(began, state->watch.last_route());
        ++outcome.tries;
        outcome.elapsed_s = since(began, now);
        outcome.result = Outcome::Result::failed;
        if (state->cancelled) outcome.result = Outcome::Result::cancelled;
        outcome.metrics["converged"] = since(began, last);
        outcome.value = "routes changed until " + std::to_string(since(began, last)).substr(0, 5) +
                        " s after the check began";
        if (last == began) outcome.value = "no route has changed";
        if (state->cancelled) co_return outcome;
        if (now - last >= of_seconds(subject.quiet_s)) {
            outcome.result = Outcome::Result::passed;
            outcome.first_ok_s = outcome.elapsed_s;
        }
        if (outcome.result == Outcome::Result::passed || now >= deadline) {
            outcome.history.push_back({outcome.elapsed_s, outcome.value});
            co_return outcome;
        }
        co_await state->watch.changed.wait_until(
            std::min(deadline, last + of_seconds(subject.quiet_s)));
    }
}

}  // namespace labd::check
