// Playing an experiment, as a stream that says what happened when.
#include "labd/audit_event.hpp"
#include "labd/check/report.hpp"
#include "labd/check/run.hpp"
#include "labd/check/serve.hpp"
#include "labd/check/under_way.hpp"
#include "labd/json_text.hpp"
#include "labd/log.hpp"
#include "labd/rights.hpp"

#include <boost/asio/co_spawn.hpp>

#include <set>

namespace labd::check {

namespace asio = boost::asio;

namespace {

// What an experiment is about; outlives the client.
struct Played {
    Played(asio::io_context& loop, Engine& engine, std::shared_ptr<Lab> lab)
        : steps(lab->wish.steps), checks(lab->wish.checks), run(loop, engine, lab) {
        sources.push_back({lab->bundle.main, ""});
        std::set<std::size_t> named;
        for (const topology::TimedStep& step : steps)
            if (step.kind == topology::TimedStep::Kind::check) named.insert(step.check);
        asked.assign(named.begin(), named.end());
    }
    std::vector<topology::TimedStep> steps;
    std::vector<topology::Check> checks;
    std::vector<std::size_t> asked;  // of the checks
    topology::Sources sources;
    Counts counts;
    Run run;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

StepListener teller(Played* played, std::shared_ptr<http::Exchange> to) {
    StepListener listener;
    listener.begins = [to](std::size_t step, double at_s) {
        to->line(step_begin_line(step, at_s));
    };
    listener.ended = [to, played](std::size_t step, double at_s, const StepEnd& end) {
        if (!end.ok) ++played->counts.failed_steps;
        to->line(step_end_line(step, at_s, end));
    };
    listener.checked = [to, played](std::size_t check, const Outcome& outcome) {
        played->counts.add(played->checks.at(check), outcome);
        to->line(result_line(check, outcome));
    };
    listener.sampled = [to](std::size_t step, double at_s, const Sample& sample) {
        to->line(sample_line(step, at_s, sample));
    };
    return listener;
}

asio::awaitable<void> play(std::shared_ptr<Played> played, std::shared_ptr<http::Exchange> to) {
    StepListener listener = teller(played.get(), to);
    co_await played->run.play(played->steps, played->checks, std::move(listener));
}

}  // namespace

void serve_steps(asio::io_context& loop, Engine& engine, std::shared_ptr<Lab> lab,
                 std::shared_ptr<http::Exchange> exchange) {
    if (const auto refused =
            refusal(Verb::fault, exchange->request().peer, lab->name, lab->access)) {
        exchange->answer(403, error_json("forbidden", refused->message, refused->hint));
        return;
    }
    engine.audit().record(exchange->request().peer, event_of("steps", "granted", *lab));
    const auto played = std::make_shared<Played>(loop, engine, lab);
    exchange->begin_lines(200);
    // The list of runs outlives the loop, whose they all are.
    const auto cancel = [run = std::weak_ptr(played), client = std::weak_ptr(exchange)] {
        const auto mine = run.lock();
        const auto lines = client.lock();
        if (!mine || !lines) return;
        mine->run.cancel();
        if (mine->run.queued()) lines->end_lines();  // it has broken nothing
    };
    const std::uint64_t ticket = under_way().add(exchange->request().peer, cancel);
    exchange->line(plan_line(played->checks, played->asked, played->sources, ticket));
    exchange->line(scenario_line(played->steps, played->sources));
    exchange->on_gone([played] { played->run.cancel(); });
    asio::co_spawn(loop, play(played, exchange),
                   [played, exchange, ticket](std::exception_ptr error) {
                       under_way().remove(ticket);
                       try {
                           if (error) std::rethrow_exception(error);
                           const std::chrono::duration<double> took =
                               std::chrono::steady_clock::now() - played->began;
                           exchange->line(summary_line(played->counts, took.count()));
                       } catch (const std::exception& failed) {
                           log::error(std::string("an experiment failed: ") + failed.what());
                           std::string line = error_json("internal", failed.what());
                           line.insert(1, "\"type\":\"error\",");
                           exchange->line(line);
                       }
                       exchange->end_lines();
                   });
}

}  // namespace labd::check
