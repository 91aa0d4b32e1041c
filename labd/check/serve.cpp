// See serve.hpp.
#include "labd/check/serve.hpp"

#include "labd/audit_event.hpp"
#include "labd/body.hpp"
#include "labd/check/report.hpp"
#include "labd/check/run.hpp"
#include "labd/check/under_way.hpp"
#include "labd/json_text.hpp"
#include "labd/log.hpp"
#include "labd/rights.hpp"
#include "topology/check_filter.hpp"
#include "topology/condition.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json.hpp>

#include <algorithm>

namespace labd::check {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

struct Asked {
    topology::CheckFilter filter;
    bool fail_fast = false;
    bool watch = false;                   // again and again, until the client hangs up
    std::optional<std::size_t> once;      // only that one, and one try
    std::string condition;                // "" = the lab's own checks
    std::optional<double> within_s;       // of the condition
    std::optional<std::uint64_t> cancel;  // the ticket of another run, which ends: nothing is asked
};

Asked parse(const std::string& text) {
    Asked asked;
    if (text.empty()) return asked;
    const json::object object = body::parse(
        text, {"k", "tags", "condition", "fail_fast", "watch", "within", "once", "cancel"});
    asked.filter.expression = body::text(object, "k");
    asked.filter.tags = body::texts(object, "tags");
    asked.condition = body::text(object, "condition");
    asked.fail_fast = body::flag(object, "fail_fast");
    asked.watch = body::flag(object, "watch");
    asked.within_s = body::number(object, "within");
    if (const json::value* once = object.if_contains("once"); once != nullptr && !once->is_null()) {
        if (!once->is_int64() || once->get_int64() < 0)
            throw BadRequest("\"once\" must be the number of a check");
        asked.once = static_cast<std::size_t>(once->get_int64());
    }
    if (const auto ticket = body::number(object, "cancel"); ticket && *ticket >= 1)
        asked.cancel = static_cast<std::uint64_t>(*ticket);
    return asked;
}

// What a run is about; outlives the client.
struct Job {
    Job(asio::io_context& loop, Engine& engine, std::shared_ptr<Lab> lab)
        : run(loop, engine, std::move(lab)) {}
    std::vector<topology::Check> checks;
    std::vector<std::size_t> selected;
    topology::Sources sources;
    bool fail_fast = false, watch = false;
    Counts counts;
    Run run;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

// False after a complaint.
bool choose(const Asked& asked, const Lab& lab, Job& job, http::Exchange& exchange) {
    if (!asked.condition.empty()) {
        topology::Condition condition = topology::read_condition(asked.condition, lab.wish);
        if (condition.diagnostics.failed()) {
            exchange.answer(
                400, error_json("invalid_condition", topology::render(condition.diagnostics.all(),
                                                                      condition.sources, false)));
            return false;
        }
        if (asked.within_s) condition.check.within_s = *asked.within_s;
        job.checks.push_back(std::move(condition.check));
        job.selected.push_back(0);
        return true;
    }
    job.checks = lab.wish.checks;
    // Included files have no names here any more.
    job.sources.push_back({lab.bundle.main, ""});
    if (asked.once) {
        if (*asked.once >= job.checks.size()) {
            exchange.answer(400, error_json("bad_request", "the lab has no check of that number"));
            return false;
        }
        topology::Check& check = job.checks[*asked.once];
        check.within_s = check.hold_s = 0;
        check.after.clear();
        if (check.during) check.during->before = false;
        job.selected.push_back(*asked.once);
        return true;
    }
    const auto selected = topology::select(job.checks, asked.filter);
    if (!selected) {
        exchange.answer(400,
                        error_json("usage", "\"" + asked.filter.expression + "\" is no expression",
                                   "-k 'ospf and not backup'"));
        return false;
    }
    // What a step asks is asked when the step comes.
    for (const std::size_t index : *selected)
        if (std::none_of(
                lab.wish.steps.begin(), lab.wish.steps.end(), [&](const topology::TimedStep& step) {
                    return step.kind == topology::TimedStep::Kind::check && step.check == index;
                }))
            job.selected.push_back(index);
    job.fail_fast = asked.fail_fast;
    job.watch = asked.watch;
    return true;
}

asio::awaitable<void> work(std::shared_ptr<Job> job, std::shared_ptr<http::Exchange> exchange) {
    Listener listener;
    listener.begins = [exchange](std::size_t check) { exchange->line(begin_line(check)); };
    listener.seen = [exchange](std::size_t check, bool ok, const Seen& seen) {
        exchange->line(seen_line(check, ok, seen));
    };
    listener.ended = [exchange, job = job.get()](std::size_t check, const Outcome& outcome) {
        job->counts.add(job->checks.at(check), outcome);
        exchange->line(result_line(check, outcome));
    };
    if (job->watch) {
        co_await job->run.follow(job->checks, job->selected, listener);
        co_return;
    }
    co_await job->run.all(job->checks, job->selected, job->fail_fast, listener);
}

}  // namespace

void serve(asio::io_context& loop, Engine& engine, std::shared_ptr<Lab> lab,
           std::shared_ptr<http::Exchange> exchange) {
    Asked asked;
    try {
        asked = parse(exchange->request().body);
    } catch (const BadRequest& bad) {
        exchange->answer(400, error_json("bad_request", bad.what()));
        return;
    }
    if (asked.cancel) {
        if (under_way().cancel(*asked.cancel, exchange->request().peer))
            exchange->answer(202, R"({"api":1})");
        else
            exchange->answer(404, error_json("no_such_run", "no run of checks has that ticket"));
        return;
    }
    const auto job = std::make_shared<Job>(loop, engine, lab);
    if (!choose(asked, *lab, *job, *exchange)) return;
    for (const std::size_t index : job->selected)
        if (job->checks[index].during && !job->watch)
            if (const auto refused =
                    refusal(Verb::fault, exchange->request().peer, lab->name, lab->access)) {
                exchange->answer(403, error_json("forbidden", refused->message,
                                                 "-k 'not …' leaves out what breaks something"));
                return;
            }
    AuditEvent event = event_of(rule(Verb::check).name, "granted", *lab);
    event.detail = asked.condition;
    engine.audit().record(exchange->request().peer, event);
    exchange->begin_lines(200);
    // The list of runs outlives the loop, whose they all are.
    const auto cancel = [run = std::weak_ptr(job), client = std::weak_ptr(exchange)] {
        const auto mine = run.lock();
        const auto lines = client.lock();
        if (!mine || !lines) return;
        mine->run.cancel();
        if (mine->run.queued()) lines->end_lines();  // it has broken nothing
    };
    const std::uint64_t ticket = under_way().add(exchange->request().peer, cancel);
    exchange->line(plan_line(job->checks, job->selected, job->sources, ticket));
    exchange->on_gone([job] { job->run.cancel(); });
    asio::co_spawn(loop, work(job, exchange), [job, exchange, ticket](std::exception_ptr error) {
        under_way().remove(ticket);
        try {
            if (error) std::rethrow_exception(error);
            const std::chrono::duration<double> took =
                std::chrono::steady_clock::now() - job->began;
            exchange->line(summary_line(job->counts, took.count()));
        } catch (const std::exception& failed) {
            log::error(std::string("checks failed: ") + failed.what());
            // error_json is an object; a line needs its type, too.
            std::string line = error_json("internal", failed.what());
            line.insert(1, "\"type\":\"error\",");
            exchange->line(line);
        }
        exchange->end_lines();
    });
}

}  // namespace labd::check
