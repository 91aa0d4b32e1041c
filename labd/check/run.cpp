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

// A measurement takes its time.
Clock::duration measures_for(const topology::Check& check) {
    const auto* throughput = std::get_if<topology::subject::Throughput>(&check.subject);
    return throughput == nullptr ? Clock::duration{} : of_seconds(throughput->time_s);
}

// What is left until then; but so much as an answer needs.
double limit_of(const Ask& ask, Clock::time_point deadline) {
    return std::max(ask.least_s, std::min(ask.limit_s, -since(deadline)));
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
    state_->cut->make();
    state_->watch.changed.notify();
}

bool Run::queued() const {
    return state_->queued;
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
    Trying trying{Clock::now(), check.within_s};
    co_return co_await asked(check, trying);
}

asio::awaitable<Outcome> Run::asked(const topology::Check& check, Trying trying) {
    if (std::holds_alternative<topology::subject::Converged>(check.subject))
        co_return co_await until_quiet(check, trying);
    co_return co_await until_true(check, trying);
}

asio::awaitable<void> Run::hear(Ask ask, Heard& to) {
    const std::shared_ptr<State> state = state_;
    if (state->cancelled) {
        to.refused = "nobody wants to know any more";
        co_return;
    }
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
    to = co_await run_command(loop_, door, std::move(command), ask.input, ask.limit_s, state->cut,
                              ask.hold);
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

asio::awaitable<Verdict> Run::try_once(const topology::Check& check, Trying trying) {
    Question question = ask(check, living(*lab_));
    if (trying.broken) probe_until_answered(check, question);
    if (!question.broken.empty()) {
        Verdict verdict;
        verdict.broken = question.broken;
        co_return verdict;
    }
    Answers answers;
    answers.commands.resize(question.commands.size());
    std::vector<Task> tasks;
    for (std::size_t i = 0; i < question.commands.size(); ++i)
        tasks.emplace_back([this, &question, &answers, i, deadline = trying.deadline] {
            Ask ask = question.commands[i];
            if (deadline) ask.limit_s = limit_of(ask, *deadline);
            return hear(std::move(ask), answers.commands[i]);
        });
    for (const std::string& node : question.spaces)
        tasks.emplace_back([this, &answers, node] { return read(node, answers); });
    co_await gather(std::move(tasks), at_once);
    co_return judge(check, living(*lab_), answers);
}

asio::awaitable<Outcome> Run::until_true(const topology::Check& check, Trying trying) {
    const std::shared_ptr<State> state = state_;
    const Question question = ask(check, living(*lab_));
    const std::vector<std::string> where = places(question);
    const bool neighbors = std::holds_alternative<topology::subject::Neighbor>(check.subject);
    const auto began = Clock::now();
    const auto deadline = began + of_seconds(trying.within_s);
    // No try is begun that could not be over by then.
    const auto last_begin = deadline - measures_for(check);
    // What is asked but once may take its time.
    if (trying.within_s > 0) trying.deadline = deadline;
    std::optional<Clock::time_point> true_since;
    Clock::duration pause = breath_of(check);
    double lost = 0;  // on the way, since the fault
    Outcome outcome;
    for (;;) {
        const std::uint64_t before = state->watch.changes(where, neighbors);
        const auto tried = Clock::now();
        const Verdict verdict = co_await try_once(check, trying);
        const auto now = Clock::now();
        ++outcome.tries;
        outcome.elapsed_s = since(began, now);
        outcome.value = verdict.value(check.negated);
        outcome.metrics = verdict.metrics;
        if (trying.broken && verdict.lost) {
            if (!outcome.first_ok_s) lost += *verdict.lost;
            outcome.metrics["lost"] = lost;
        }
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
            // What the try itself takes is no part of how long the way was away.
            const double unanswered = trying.broken ? unanswered_s(check, verdict) : 0;
            true_since = std::min(now, tried + of_seconds(unanswered));
            outcome.first_ok_s = outcome.elapsed_s;
        }
        if (true_since && now - *true_since >= of_seconds(check.hold_s)) {
            outcome.result = Outcome::Result::passed;
            if (trying.broken) outcome.metrics["converged"] = since(trying.began, *true_since);
            co_return outcome;
        }
        if (!holds && now >= last_begin) {
            outcome.result =
                verdict.broken.empty() ? Outcome::Result::failed : Outcome::Result::error;
            outcome.reason = verdict.broken;
            for (const Finding& finding : verdict.findings)
                if (finding.ok == check.negated && finding.flow && !outcome.flow &&
                    finding.flow->wanted_bits == 0)
                    outcome.flow = finding.flow;
            if (verdict.broken.empty())
                outcome.diagnosis = co_await diagnose(
                    check, verdict, loop_, engine_, lab_,
                    [this](Ask ask, Heard& to) { return hear(std::move(ask), to); });
            co_return outcome;
        }
        // On whatever happens first: the kernel changes something, or it is time.
        auto next = now + pause;
        // Packets that nobody sends are not lost: they go on until one is answered.
        if (!trying.broken || !verdict.lost) pause = std::min(pause * 2, of_seconds(check.every_s));
        next = std::min(next, true_since ? *true_since + of_seconds(check.hold_s) : last_begin);
        while (!state->cancelled && Clock::now() < next &&
               state->watch.changes(where, neighbors) == before)
            co_await state->watch.changed.wait_until(next);
        const auto earliest = tried + breath_of(check);
        while (!question.commands.empty() && !state->cancelled && Clock::now() < earliest)
            co_await state->watch.changed.wait_until(earliest);
    }
}

}  // namespace labd::check
