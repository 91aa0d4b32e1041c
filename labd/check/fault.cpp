// Faults that a check puts in, and takes out again whatever happens.
#include "labd/check/fault.hpp"

#include "labd/check/run.hpp"
#include "labd/check/run_state.hpp"
#include "labd/check/subjects.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <stdexcept>

namespace labd::check {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

// How long a change of services is waited for before they are asked again.
constexpr std::chrono::milliseconds again_after{500};

// What must hold before a fault: of a way to somewhere, that there is one.
topology::Check baseline(topology::Check check) {
    if (auto* path = std::get_if<topology::subject::Path>(&check.subject))
        path->hops.clear(), path->via.clear(), path->not_via.clear(),
            path->ecmp = topology::subject::Path::Ecmp::taken;
    if (auto* route = std::get_if<topology::subject::Route>(&check.subject))
        route->via.reset(), route->dev.clear(), route->proto.clear(), route->metric.reset();
    check.hold_s = 0;
    return check;
}

// The process of the service that is killed; 0: it is none.
std::int64_t service_pid(const Lab& lab, const topology::Fault& fault) {
    const auto live = lab.nodes.find(fault.node);
    if (live == lab.nodes.end()) return 0;
    const auto service = live->second.services.find(fault.process);
    return service == live->second.services.end() ? 0 : service->second.pid;
}

}  // namespace

Overrides overrides_of(const topology::Fault& fault) {
    Overrides out;
    for (std::size_t i = 0; i < fault.links.size(); ++i) {
        Override over;
        over.subject = fault.links[i];
        if (fault.kind == topology::Fault::Kind::impair) {
            over.kind = Override::Kind::impair;
            over.end = fault.ends.empty() ? "" : fault.ends.at(i);
            over.settings = fault.settings;
        }
        out.push_back(std::move(over));
    }
    if (fault.kind == topology::Fault::Kind::stop) {
        Override over;
        over.kind = Override::Kind::stop;
        over.subject = fault.node;
        out.push_back(std::move(over));
    }
    return out;
}

// The kernel's part by the engine; a process by a command in its node, as its user would.
asio::awaitable<void> Run::break_it(const topology::Fault& fault) {
    if (fault.kind == topology::Fault::Kind::kill) {
        co_await kill_process(fault.node, fault.process);
        co_return;
    }
    Overrides faults = overrides_of(fault);
    co_await engine_.set_faults(lab_, std::move(faults));
}

asio::awaitable<void> Run::kill_process(std::string node, std::string process) {
    Ask kill;
    kill.node = node;
    // Its init starts it again when it is a service that should run.
    const auto live = lab_->nodes.find(node);
    if (live != lab_->nodes.end())
        if (const auto service = live->second.services.find(process);
            service != live->second.services.end() && service->second.pid > 0)
            kill.argv = {"/bin/sh", "-c", "kill -9 \"$1\"", "check",
                         std::to_string(service->second.pid)};
    if (kill.argv.empty())
        kill.argv = {"/bin/sh", "-c",
                     "for p in /proc/[0-9]*; do { read -r name < \"$p/comm\"; } 2>/dev/null && "
                     "[ \"$name\" = \"$1\" ] && kill -9 \"${p#/proc/}\" && found=1; done; "
                     "[ -n \"$found\" ]",
                     "check", process.substr(0, 15)};
    Heard heard;
    co_await hear(kill, heard);
    if (!heard.refused.empty()) throw std::runtime_error(node + ": " + heard.refused);
    if (!heard.ok()) throw std::runtime_error(node + " runs no " + process);
}

// What was killed is started again by its init, and so is what cannot do without it; the fault is
// over when all of it runs. A node that does not get there is told by its state.
asio::awaitable<void> Run::services_back(std::string node, std::int64_t killed) {
    const std::shared_ptr<State> state = state_;
    const auto deadline = Clock::now() + std::chrono::seconds(30);
    for (int calm = 0; calm < 2 && !state->cancelled && Clock::now() < deadline;) {
        const auto live = lab_->nodes.find(node);
        if (live == lab_->nodes.end() || !live->second.door) co_return;
        const std::shared_ptr<NodeDoor> door = live->second.door;
        // What follows from a state is begun by the time of the next answer.
        const std::vector<ServiceStatus> services = co_await door->states();
        const bool busy =
            std::any_of(services.begin(), services.end(), [killed](const ServiceStatus& service) {
                return (killed > 0 && service.pid == killed) ||  // it is still dying
                       service.state == protocol::ServiceState::starting ||
                       service.state == protocol::ServiceState::stopping ||
                       service.state == protocol::ServiceState::backoff;
            });
        calm = busy ? 0 : calm + 1;
        if (busy) co_await lab_->changed.wait_until(std::min(deadline, Clock::now() + again_after));
    }
}

// The links are down when it begins, up after half of the period, and so on. Each fall and each
// rise is a change of the lab like any other, so that a labd that is killed over it finds what to
// put back.
asio::awaitable<void> Run::flap(const topology::Fault& fault, std::shared_ptr<Flapping> state) {
    const auto half = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(fault.every_s / 2));
    auto next = Clock::now() + half;
    for (bool down = true; state->trouble.empty(); next += half) {
        while (!state->stop && Clock::now() < next) co_await state->changed.wait_until(next);
        if (state->stop) break;
        down = !down;
        Overrides faults;
        if (down) faults = overrides_of(fault);
        try {
            co_await engine_.set_faults(lab_, std::move(faults));
            if (down) ++state->falls;
        } catch (const std::exception& error) {
            state->trouble = error.what();
        }
    }
    state->ended = true;
    state->changed.notify();
}

// The fault is out again before anything is told, also when the client has gone.
asio::awaitable<Outcome> Run::with_fault(const topology::Check& check) {
    const std::shared_ptr<State> state = state_;
    const topology::Fault& fault = *check.during;
    // What another client breaks is not to be taken for what this check has broken, nor mended by
    // it.
    state->queued = true;
    const Turnstile::Pass pass = co_await lab_->breaking.enter();
    state->queued = false;
    if (state->cancelled) {
        Outcome gone;
        gone.result = Outcome::Result::cancelled;
        co_return gone;
    }
    if (fault.before) {
        const topology::Check held = baseline(check);
        Trying trying{Clock::now(), held.within_s};
        Outcome before = co_await asked(held, trying);
        if (before.result != Outcome::Result::passed) {
            if (before.result == Outcome::Result::failed)
                before.reason = "not even before " + fault.text + ": " + before.value;
            co_return before;
        }
    }
    Outcome outcome;
    std::string trouble;
    std::int64_t killed = 0;
    const auto flapping = std::make_shared<Flapping>(loop_);
    try {
        const auto broken = Clock::now();
        killed = service_pid(*lab_, fault);
        co_await break_it(fault);
        if (fault.kind == topology::Fault::Kind::flap) {
            flapping->ended = false;
            flapping->falls = 1;
            asio::co_spawn(loop_, flap(fault, flapping), asio::detached);
        }
        if (!state->cancelled) {
            Trying trying{broken, check.within_s, true};
            outcome = co_await asked(check, trying);
        } else {
            outcome.result = Outcome::Result::cancelled;
        }
    } catch (const std::exception& error) {
        trouble = error.what();
    }
    flapping->stop = true;
    flapping->changed.notify();
    while (!flapping->ended) co_await flapping->changed.wait();
    if (trouble.empty()) trouble = flapping->trouble;
    std::string mended;
    try {
        if (fault.kind == topology::Fault::Kind::kill && trouble.empty())
            co_await services_back(fault.node, killed);
        Overrides none;
        co_await engine_.set_faults(lab_, std::move(none));
    } catch (const std::exception& error) {
        mended = error.what();
    }
    if (state->cancelled && mended.empty()) {
        outcome.result = Outcome::Result::cancelled;
    } else if (!trouble.empty() || !mended.empty()) {
        outcome.result = Outcome::Result::error;
        outcome.reason = trouble.empty() ? "the fault could not be taken out: " + mended
                                         : "the fault could not be put in: " + trouble;
    } else if (outcome.metrics.contains("converged") &&
               !std::holds_alternative<topology::subject::Converged>(check.subject)) {
        outcome.value += ", " + milliseconds(outcome.metrics["converged"]) + " after the fault";
        if (const double lost = outcome.metrics["lost"]; lost > 0)
            outcome.value += ", " + std::to_string(static_cast<std::uint64_t>(lost)) +
                             (lost > 1 ? " packets lost" : " packet lost") + " on the way";
    }
    if (flapping->falls > 0) outcome.metrics["falls"] = static_cast<double>(flapping->falls);
    co_return outcome;
}

}  // namespace labd::check
