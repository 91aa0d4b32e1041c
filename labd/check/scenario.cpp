// Run::play: an experiment, step by step. Each step is a coroutine of its own, so that a command
// that takes its time holds no other up.
#include "labd/check/fault.hpp"
#include "labd/check/run.hpp"
#include "labd/check/run_state.hpp"
#include "labd/check/stage.hpp"
#include "labd/gather.hpp"
#include "labd/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace labd::check {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Kind = topology::TimedStep::Kind;

namespace {

constexpr double longest_command_s = 86400;
constexpr std::size_t longest_text = 200;

Clock::duration seconds(double s) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
}

// It goes on beside the others until they are done.
bool accompanies(const topology::TimedStep& step) {
    return (step.kind == Kind::sample || step.kind == Kind::flap) && step.for_s <= 0;
}

// What it says of a link is about its packets, and not whether it is up.
bool impairs(const topology::TimedStep& step) {
    return step.kind == Kind::impair || step.kind == Kind::clear;
}

std::string key_of(const topology::TimedStep& step, const std::string& subject) {
    const bool node = step.kind == Kind::stop || step.kind == Kind::start;
    return (node ? "node " : impairs(step) ? "packets " : "link ") + subject;
}

const std::vector<std::string>& subjects_of(const topology::TimedStep& step) {
    return step.kind == Kind::stop || step.kind == Kind::start ? step.nodes : step.links;
}

// What a step says of a link or a node is what holds, whatever was said before; but impairments
// change what they name, and come one on top of the other.
void speak(Stage& stage, std::size_t index) {
    const topology::TimedStep& step = stage.step(index);
    if (impairs(step)) return;
    for (const std::string& subject : subjects_of(step)) {
        const std::string key = key_of(step, subject);
        stage.spoken[key] = index;
        std::erase_if(stage.faults, [&](const Stage::Fault& fault) { return fault.key == key; });
    }
}

// Nobody has said otherwise since.
bool has_the_word(const Stage& stage, std::size_t index) {
    const topology::TimedStep& step = stage.step(index);
    if (impairs(step)) return true;
    const auto& subjects = subjects_of(step);
    return std::all_of(subjects.begin(), subjects.end(), [&](const std::string& subject) {
        return stage.spoken.at(key_of(step, subject)) == index;
    });
}

void put_in(Stage& stage, std::size_t index) {
    const topology::TimedStep& step = stage.step(index);
    if (step.kind == Kind::start) return;  // nothing is left of what stopped it
    const auto& subjects = subjects_of(step);
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        Override over;
        over.subject = subjects[i];
        over.kind = impairs(step)             ? Override::Kind::impair
                    : step.kind == Kind::stop ? Override::Kind::stop
                    : step.kind == Kind::up   ? Override::Kind::up
                                              : Override::Kind::down;
        over.end = step.ends.empty() ? "" : step.ends.at(i);
        over.settings = step.settings;
        over.clear = step.kind == Kind::clear;
        stage.faults.push_back({index, key_of(step, subjects[i]), std::move(over)});
    }
}

void take_back(Stage& stage, std::size_t index) {
    std::erase_if(stage.faults, [&](const Stage::Fault& fault) { return fault.step == index; });
}

// What a program said last, on one line.
std::string last_words(const Heard& heard) {
    std::string text = heard.out.empty() ? heard.err : heard.out;
    if (!heard.ok() && !heard.err.empty()) text = heard.err;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    text = text.substr(text.rfind('\n') + 1);
    return text.size() > longest_text ? text.substr(0, longest_text) + "…" : text;
}

}  // namespace

asio::awaitable<void> Run::play(std::vector<topology::TimedStep> steps,
                                std::vector<topology::Check> checks, StepListener listener) {
    const std::shared_ptr<State> state = state_;
    state->queued = true;
    const Turnstile::Pass pass = co_await lab_->breaking.enter();
    state->queued = false;
    co_await state->watch.open(engine_.kernel_thread(), lab_);
    const auto stage = std::make_shared<Stage>(loop_);
    stage->steps = std::move(steps);
    stage->checks = std::move(checks);
    stage->listener = std::move(listener);
    for (std::size_t i = 0; i < stage->steps.size() && !state->cancelled; ++i) {
        co_await pause_until(stage, stage->began + seconds(stage->step(i).at_s));
        if (state->cancelled) break;
        asio::co_spawn(loop_, act(stage, i), asio::detached);
    }
    while (stage->acting > 0) co_await state->watch.changed.wait();
    stage->over = true;
    state->watch.changed.notify();
    while (stage->accompanying > 0) co_await state->watch.changed.wait();
    stage->faults.clear();
    Overrides none;
    co_await engine_.set_faults(lab_, std::move(none));
    state->watch.close();
}

asio::awaitable<void> Run::pause_until(std::shared_ptr<Stage> stage, Clock::time_point until) {
    const std::shared_ptr<State> state = state_;
    while (!state->cancelled && !stage->over && Clock::now() < until)
        co_await state->watch.changed.wait_until(until);
}

asio::awaitable<void> Run::act(std::shared_ptr<Stage> stage, std::size_t index) {
    const std::shared_ptr<State> state = state_;
    const topology::TimedStep& step = stage->step(index);
    std::size_t& count = accompanies(step) ? stage->accompanying : stage->acting;
    ++count;
    stage->listener.begins(index, stage->at());
    std::string trouble;
    try {
        if (step.kind == Kind::run) {
            std::vector<Task> tasks;
            for (const std::string& node : step.nodes)
                tasks.emplace_back(
                    [this, stage, index, node] { return command_in(stage, index, node); });
            co_await gather(std::move(tasks));
        } else if (step.kind == Kind::check) {
            const Outcome outcome = co_await one(stage->checks.at(step.check));
            stage->listener.checked(step.check, outcome);
        } else if (step.kind == Kind::sample) {
            co_await sample(stage, index);
        } else if (step.kind == Kind::kill) {
            for (const std::string& node : step.nodes) co_await kill_process(node, step.process);
        } else if (step.kind == Kind::flap) {
            co_await flap_for_a_while(stage, index);
        } else {
            co_await break_for_a_while(stage, index);
        }
    } catch (const std::exception& error) {
        trouble = error.what();
    }
    if (!trouble.empty()) co_await give_up(stage, index);
    const bool told = step.kind == Kind::run || step.kind == Kind::check;
    if (!state->cancelled && (!told || !trouble.empty())) {
        StepEnd end;
        end.ok = trouble.empty();
        end.text = trouble;
        stage->listener.ended(index, stage->at(), end);
    }
    --count;
    state->watch.changed.notify();
}

asio::awaitable<void> Run::lay_faults(std::shared_ptr<Stage> stage) {
    const Turnstile::Pass pass = co_await stage->laying.enter();
    Overrides now;
    for (const Stage::Fault& fault : stage->faults) now.push_back(fault.over);
    co_await engine_.set_faults(lab_, std::move(now));
}

// The steps after it are not to fail over what this one could not do.
asio::awaitable<void> Run::give_up(std::shared_ptr<Stage> stage, std::size_t index) {
    const std::size_t before = stage->faults.size();
    take_back(*stage, index);
    if (stage->faults.size() == before) co_return;
    try {
        co_await lay_faults(stage);
    } catch (const std::exception& error) {
        log::warning(lab_->name + ": what a step could not do is still in: " + error.what());
    }
}

asio::awaitable<void> Run::break_for_a_while(std::shared_ptr<Stage> stage, std::size_t index) {
    const topology::TimedStep& step = stage->step(index);
    speak(*stage, index);
    put_in(*stage, index);
    const auto until = Clock::now() + seconds(step.for_s);
    co_await lay_faults(stage);
    if (step.for_s <= 0) co_return;
    co_await pause_until(stage, until);
    if (!has_the_word(*stage, index)) co_return;
    take_back(*stage, index);
    co_await lay_faults(stage);
}

// Until its time is over, or another step says what its links are.
asio::awaitable<void> Run::flap_for_a_while(std::shared_ptr<Stage> stage, std::size_t index) {
    const std::shared_ptr<State> state = state_;
    const topology::TimedStep& step = stage->step(index);
    const auto began = Clock::now();
    auto next = began;
    speak(*stage, index);
    for (bool down = true;; down = !down) {
        const bool goes_on = !state->cancelled && !stage->over && has_the_word(*stage, index) &&
                             (step.for_s <= 0 || Clock::now() < began + seconds(step.for_s));
        if (down && !goes_on) co_return;
        if (down)
            put_in(*stage, index);
        else
            take_back(*stage, index);
        co_await lay_faults(stage);
        co_await pause_until(stage, next += seconds(step.every_s / 2));
    }
}

asio::awaitable<void> Run::command_in(std::shared_ptr<Stage> stage, std::size_t index,
                                      std::string node) {
    const std::shared_ptr<State> state = state_;
    Ask ask;
    ask.node = node;
    for (const topology::Text& word : stage->step(index).argv) ask.argv.push_back(word.text);
    ask.limit_s = longest_command_s;
    Heard heard;
    co_await hear(ask, heard);
    StepEnd end;
    end.node = node;
    end.ok = heard.ok();
    end.text = heard.refused.empty() ? last_words(heard) : heard.refused;
    if (!end.ok && heard.refused.empty())
        end.text = "exit " + std::to_string(heard.exit_status()) +
                   (end.text.empty() ? "" : ": " + end.text);
    if (!state->cancelled) stage->listener.ended(index, stage->at(), end);
}

}  // namespace labd::check
