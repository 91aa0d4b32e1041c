// converged: the run follows the kernel anyhow, so nothing is asked.
#include "labd/check/run.hpp"
#include "labd/check/run_state.hpp"
#include "labd/check/subjects.hpp"

#include <algorithm>

namespace labd::check {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

Clock::duration quiet_seconds(double s) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
}

double seconds_between(Clock::time_point begin, Clock::time_point end) {
    return std::chrono::duration<double>(end - begin).count();
}

std::string quiet_text(double last_s, bool broken) {
    if (last_s <= 0) return "no route has changed";
    return "routes changed until " + milliseconds(last_s) + " after " +
           (broken ? "the fault" : "the check began");
}

// Who changes its routes, the busiest first.
Diagnosis restless(const std::map<std::string, std::uint64_t>& changes) {
    std::vector<std::pair<std::uint64_t, std::string>> nodes;
    for (const auto& [node, count] : changes)
        if (count > 0) nodes.emplace_back(count, node);
    std::stable_sort(nodes.begin(), nodes.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    Diagnosis out;
    if (nodes.empty()) return out;
    out.node = nodes.front().second;
    constexpr std::size_t most = 4;
    for (std::size_t i = 0; i < std::min(most, nodes.size()); ++i)
        out.where += (i == 0 ? "routes have changed at " : ", ") + nodes[i].second + " (" +
                     std::to_string(nodes[i].first) +
                     (i == 0 && nodes[i].first != 1 ? " times)" : ")");
    if (nodes.size() > most)
        out.where += " and " + std::to_string(nodes.size() - most) + " more nodes";
    return out;
}

}  // namespace

// With `not`: routes change. Both hold for as long as they must.
asio::awaitable<Outcome> Run::until_quiet(const topology::Check& check, Trying trying) {
    const std::shared_ptr<State> state = state_;
    const auto quiet = quiet_seconds(std::get<topology::subject::Converged>(check.subject).quiet_s);
    const auto hold = quiet_seconds(check.hold_s);
    const auto began = trying.began, deadline = Clock::now() + quiet_seconds(trying.within_s);
    const auto before = state->watch.route_changes();
    std::optional<Clock::time_point> true_since;
    Outcome outcome;
    for (;;) {
        const auto now = Clock::now();
        const auto last = std::max(began, state->watch.last_route());
        const auto still = last + quiet;
        const bool holds = check.negated ? last > began && now < still : now >= still;
        if (!holds) true_since.reset();
        if (holds && !true_since) true_since = check.negated ? now : still;
        ++outcome.tries;
        outcome.elapsed_s = seconds_between(began, now);
        outcome.metrics["converged"] = seconds_between(began, last);
        outcome.value = quiet_text(seconds_between(began, last), trying.broken);
        if (true_since) outcome.first_ok_s = seconds_between(began, *true_since);
        const bool passed = true_since && now - *true_since >= hold;
        outcome.result = state->cancelled ? Outcome::Result::cancelled
                         : passed         ? Outcome::Result::passed
                                          : Outcome::Result::failed;
        const bool over = !holds && now >= deadline;
        if (outcome.result != Outcome::Result::failed || over) {
            outcome.history.push_back({outcome.elapsed_s, outcome.value});
            if (over) outcome.metrics.erase("converged");
            if (over && !check.negated) {
                auto changes = state->watch.route_changes();
                for (const auto& [node, count] : before) changes[node] -= count;
                outcome.diagnosis = restless(changes);
            }
            co_return outcome;
        }
        auto next = holds ? *true_since + hold : deadline;
        if (holds == check.negated) next = std::min(next, still);
        co_await state->watch.changed.wait_until(next);
    }
}

}  // namespace labd::check
