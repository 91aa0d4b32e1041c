// `wait-for` and `after`: what a node or a service waits for before it goes on.
#include "labd/engine.hpp"
#include "labd/failure.hpp"

#include <chrono>

namespace labd {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds condition_limit{60};

}  // namespace

asio::awaitable<void> located(topology::Where where, asio::awaitable<void> work) {
    std::string failed;
    try {
        co_await std::move(work);
    } catch (const StepFailure&) {
        throw;
    } catch (const UpFailure&) {
        throw;
    } catch (const JournalError&) {
        throw;
    } catch (const std::exception& error) {
        failed = error.what();
    }
    if (!failed.empty()) throw StepFailure(failed, where);
}

void give_up_if(const Progress& progress) {
    if (progress.client_gone)
        throw UpFailure("interrupted", "the client has gone; what had been done is undone");
    if (progress.failed) throw UpFailure("build_failed", "another node has failed");
}

asio::awaitable<void> Engine::await_conditions(std::shared_ptr<Lab> lab, std::string name,
                                               std::shared_ptr<Progress> progress) {
    const std::vector<topology::Text> conditions = lab->wish.find(name)->wait_for;
    for (const topology::Text& condition : conditions)
        co_await await_condition(lab, name, condition, progress);
}

// NODE or NODE.ready: its exec lines are done and all its services ready. NODE.started: the exec
// lines. NODE/SERVICE: that one. A name without either that is a service of this node: that one.
bool Engine::holds(const Lab& lab, const std::string& self, const std::string& condition) const {
    const auto service_ready = [&](const std::string& node, const std::string& service) {
        const auto live = lab.nodes.find(node);
        if (live == lab.nodes.end()) return false;
        const auto status = live->second.services.find(service);
        if (status == live->second.services.end()) return false;
        return status->second.state == protocol::ServiceState::ready ||
               (status->second.state == protocol::ServiceState::exited &&
                status->second.wait_status == 0);
    };
    if (const std::size_t slash = condition.find('/'); slash != std::string::npos)
        return service_ready(condition.substr(0, slash), condition.substr(slash + 1));
    std::string node = condition;
    bool only_started = false;
    if (node.ends_with(".started")) {
        node.resize(node.size() - 8);
        only_started = true;
    } else if (node.ends_with(".ready")) {
        node.resize(node.size() - 6);
    }
    const topology::Node* wish = lab.wish.find(node);
    if (wish == nullptr) return service_ready(self, condition);
    if (!wish->has_process()) return true;
    const auto live = lab.nodes.find(node);
    if (live == lab.nodes.end() || !live->second.started) return false;
    if (only_started) return true;
    for (const topology::Service& service : wish->services)
        if (!service_ready(node, service.name)) return false;
    return true;
}

asio::awaitable<void> Engine::await_condition(std::shared_ptr<Lab> lab, std::string node,
                                              topology::Text condition,
                                              std::shared_ptr<Progress> progress) {
    auto deadline = steady_clock::now() + condition_limit;
    const bool asked = progress->wait_s > 0 && progress->deadline < deadline;
    if (asked) deadline = progress->deadline;
    while (!holds(*lab, node, condition.text)) {
        give_up_if(*progress);
        if (steady_clock::now() >= deadline) {
            StepFailure late(node + ": " + condition.text + " has not come true " +
                                 (asked ? "in the time of --wait" : "after 60 s"),
                             condition.where);
            if (asked) late.code = "timeout";
            throw late;
        }
        const auto live = lab->nodes.find(node);
        if (live == lab->nodes.end() || !live->second.door)
            throw StepFailure(node + ": its init is gone", condition.where);
        live->second.waiting_for = condition.text;
        co_await lab->changed.wait_until(deadline);
        if (const auto again = lab->nodes.find(node); again != lab->nodes.end())
            again->second.waiting_for.clear();
    }
}

}  // namespace labd
