// Run::follow: the checks as they stand, for whoever watches.
#include "labd/check/run.hpp"
#include "labd/check/run_state.hpp"

#include <algorithm>

namespace labd::check {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

// Commands are not asked again sooner, and never later, than this after they began.
constexpr std::chrono::milliseconds soonest{300}, latest{2000};

// What a look at it would disturb, or what only a run of its own can tell.
bool watchable(const topology::Check& check) {
    return !check.during && !std::holds_alternative<topology::subject::Throughput>(check.subject) &&
           !std::holds_alternative<topology::subject::Converged>(check.subject);
}

}  // namespace

asio::awaitable<void> Run::follow(std::vector<topology::Check> checks,
                                  std::vector<std::size_t> selected, Listener listener) {
    const std::shared_ptr<State> state = state_;
    co_await state->watch.open(engine_.kernel_thread(), lab_);
    std::map<std::size_t, Outcome> last;
    const auto began = Clock::now();
    while (!state->cancelled) {
        const std::uint64_t before = state->watch.changes({}, false);
        const auto tried = Clock::now();
        for (const std::size_t index : selected) {
            const topology::Check& check = checks.at(index);
            Outcome outcome;
            outcome.result = Outcome::Result::skipped;
            outcome.reason = "not while watching: `lab check` runs it";
            if (watchable(check)) {
                const Verdict verdict = co_await try_once(check, Trying{Clock::now()});
                if (state->cancelled) break;
                outcome.value = verdict.value(check.negated);
                outcome.metrics = verdict.metrics;
                outcome.reason = verdict.broken;
                outcome.tries = 1;
                outcome.result = !verdict.broken.empty()        ? Outcome::Result::error
                                 : verdict.holds(check.negated) ? Outcome::Result::passed
                                                                : Outcome::Result::failed;
            }
            outcome.elapsed_s = std::chrono::duration<double>(Clock::now() - began).count();
            const auto old = last.find(index);
            // A round trip of another microsecond is no news.
            const bool news =
                old == last.end() || old->second.result != outcome.result ||
                (outcome.result != Outcome::Result::passed && old->second.value != outcome.value);
            last[index] = outcome;
            if (news) listener.ended(index, outcome);
        }
        while (!state->cancelled && Clock::now() < tried + latest &&
               (Clock::now() < tried + soonest || state->watch.changes({}, false) == before))
            co_await state->watch.changed.wait_until(
                Clock::now() < tried + soonest ? tried + soonest : tried + latest);
    }
    state->watch.close();
}

}  // namespace labd::check
