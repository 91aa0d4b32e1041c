// Run::sample: what a step measures again and again.
#include "labd/check/run.hpp"
#include "labd/check/run_state.hpp"
#include "labd/check/stage.hpp"
#include "labd/gather.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <deque>
#include <stdexcept>

namespace labd::check {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

struct EchoBeat {
    double at = 0;
    bool sent = true, done = false;
    std::optional<double> rtt = std::nullopt;
};

// The echo requests of one pair, sent on every beat: one that is lost holds no other up. They are
// told in the order in which they were sent.
struct Echoing {
    std::string from;
    topology::Text to;
    std::deque<std::shared_ptr<EchoBeat>> beats = {};
    std::size_t under_way = 0;
    bool lost = false;  // the last one that was told
    std::string trouble = {};
};

namespace {

constexpr std::uint32_t main_table = 254;
constexpr std::size_t most_of_all = 128, most_of_a_pair = 64;

Clock::duration of_s(double s) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
}

void tell(Stage& stage, std::size_t index, Echoing& pair) {
    while (!pair.beats.empty() && pair.beats.front()->done) {
        const std::shared_ptr<EchoBeat> beat = pair.beats.front();
        pair.beats.pop_front();
        // So many were out that none was sent: of one among lost ones nothing else is to be said.
        if (!beat->sent && !pair.lost) continue;
        if (beat->sent) pair.lost = !beat->rtt;
        Sample told;
        told.metric = "rtt";
        told.of = pair.from + " → " + pair.to.text;
        told.value = beat->rtt;
        stage.listener.sampled(index, beat->at, told);
    }
}

}  // namespace

asio::awaitable<void> Run::sample(std::shared_ptr<Stage> stage, std::size_t index) {
    using Kind = topology::Measure::Kind;
    const Kind kind = stage->step(index).measure.kind;
    if (kind == Kind::throughput) co_await sample_links(stage, index);
    if (kind == Kind::rtt) co_await sample_pairs(stage, index);
    if (kind != Kind::routes) co_return;
    const std::shared_ptr<State> state = state_;
    const topology::TimedStep& step = stage->step(index);
    const auto end = Clock::now() + of_s(step.for_s);
    auto next = Clock::now();
    while (!state->cancelled && !stage->over && (step.for_s <= 0 || Clock::now() < end)) {
        std::vector<Task> tasks;
        for (const std::string& from : step.measure.from)
            tasks.emplace_back(
                [this, stage, index, from] { return sample_routes(stage, index, from); });
        co_await gather(std::move(tasks), 32);
        // What was too slow for its beat waits for the next one.
        while (next <= Clock::now()) next += of_s(step.every_s);
        co_await pause_until(stage, next);
    }
}

asio::awaitable<void> Run::sample_pairs(std::shared_ptr<Stage> stage, std::size_t index) {
    const std::shared_ptr<State> state = state_;
    const topology::TimedStep& step = stage->step(index);
    std::vector<std::shared_ptr<Echoing>> pairs;
    for (const std::string& from : step.measure.from)
        for (const topology::Text& to : step.measure.to)
            if (to.text != from) pairs.push_back(std::make_shared<Echoing>(Echoing{from, to}));
    const std::size_t most = std::clamp<std::size_t>(
        most_of_all / std::max<std::size_t>(1, pairs.size()), 1, most_of_a_pair);
    const auto all_well = [&] {
        return std::all_of(pairs.begin(), pairs.end(),
                           [](const auto& pair) { return pair->trouble.empty(); });
    };
    const auto end = Clock::now() + of_s(step.for_s);
    auto next = Clock::now();
    while (!state->cancelled && !stage->over && all_well() &&
           (step.for_s <= 0 || Clock::now() < end)) {
        for (const std::shared_ptr<Echoing>& pair : pairs) {
            const auto beat = std::make_shared<EchoBeat>();
            beat->at = stage->at();
            beat->sent = pair->under_way < most;
            beat->done = !beat->sent;
            pair->beats.push_back(beat);
            if (!beat->sent) continue;
            ++pair->under_way;
            asio::co_spawn(
                loop_,
                [this, stage, index, pair, beat]() -> asio::awaitable<void> {
                    co_await echo(pair, *beat);
                    --pair->under_way;
                    tell(*stage, index, *pair);
                    state_->watch.changed.notify();
                },
                asio::detached);
        }
        while (next <= Clock::now()) next += of_s(step.every_s);
        co_await pause_until(stage, next);
    }
    for (const std::shared_ptr<Echoing>& pair : pairs)
        while (pair->under_way > 0) co_await state->watch.changed.wait();
    for (const std::shared_ptr<Echoing>& pair : pairs)
        if (!pair->trouble.empty()) throw std::runtime_error(pair->trouble);
}

asio::awaitable<void> Run::echo(std::shared_ptr<Echoing> pair, EchoBeat& beat) {
    topology::Check ping;
    topology::subject::Ping subject;
    subject.from = {pair->from};
    subject.to = {pair->to};
    ping.subject = subject;
    std::string trouble;
    try {
        const Verdict verdict = co_await try_once(ping, Trying{Clock::now()});
        if (const auto rtt = verdict.metrics.find("rtt"); rtt != verdict.metrics.end())
            beat.rtt = rtt->second;
        // Who is stopped hears of nobody; what else is wrong is no measurement.
        if (!lab_->asleep.contains(pair->from)) trouble = verdict.broken;
    } catch (const std::exception& error) {
        trouble = error.what();
    }
    beat.done = true;
    if (trouble.empty()) co_return;
    beat.sent = false;
    pair->trouble = trouble;
}

asio::awaitable<void> Run::sample_routes(std::shared_ptr<Stage> stage, std::size_t index,
                                         std::string node) {
    Answers answers;
    const double at = stage->at();
    co_await read(node, answers);
    if (!answers.spaces.contains(node)) co_return;  // it is stopped, or dead
    const auto& routes = answers.spaces.at(node).routes;
    Sample told;
    told.metric = "routes";
    told.of = node;
    told.value = static_cast<double>(std::count_if(
        routes.begin(), routes.end(), [](const auto& r) { return r.table == main_table; }));
    stage->listener.sampled(index, at, told);
}

// What has gone out since the reading before, by the kernel's counters.
asio::awaitable<void> Run::sample_links(std::shared_ptr<Stage> stage, std::size_t index) {
    const std::shared_ptr<State> state = state_;
    const topology::TimedStep& step = stage->step(index);
    std::vector<topology::DeviceEnd> ends;
    for (const topology::Link& link : lab_->wish.links)
        if (std::find(step.measure.links.begin(), step.measure.links.end(), link.name) !=
            step.measure.links.end())
            for (const topology::End& end : link.ends)
                ends.push_back({lab_->wish.nodes[end.node].name, lab_->wish.at(end).name});
    struct Counter {
        double at = 0;
        std::uint64_t bytes = 0;
    };
    std::map<topology::DeviceEnd, Counter> before;
    const auto finish = Clock::now() + of_s(step.for_s);
    auto next = Clock::now();
    for (bool last = false; !last && !state->cancelled;) {
        // A last reading when it is over, so that short experiments have one.
        last = stage->over || (step.for_s > 0 && Clock::now() >= finish);
        std::map<topology::DeviceEnd, Counter> now;
        Worker::Job look = [&, stage] {
            for (const topology::DeviceEnd& end : ends) {
                const auto devices = lab_->kernel->read(end.space);
                if (const auto device = devices.find(end.device); device != devices.end())
                    now[end] = {stage->at(), device->second.tx_bytes};
            }
        };
        co_await engine_.kernel_thread().run(lab_->name, std::move(look));
        for (const auto& [end, reading] : now) {
            const auto was = before.find(end);
            if (was == before.end() || reading.bytes < was->second.bytes) continue;
            Sample told;
            told.metric = "throughput";
            told.of = end.space + ":" + end.device;
            told.value = 8.0 * static_cast<double>(reading.bytes - was->second.bytes) /
                         std::max(1e-6, reading.at - was->second.at);
            stage->listener.sampled(index, reading.at, told);
        }
        before = std::move(now);
        while (next <= Clock::now()) next += of_s(step.every_s);
        if (!last) co_await pause_until(stage, step.for_s > 0 ? std::min(next, finish) : next);
    }
}

}  // namespace labd::check
