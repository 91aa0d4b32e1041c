// `up` and `plan`, station by station (architecture.md).
#include "labd/actions.hpp"
#include "labd/audit_event.hpp"
#include "labd/engine.hpp"
#include "labd/failure.hpp"
#include "labd/features.hpp"
#include "labd/host_ties.hpp"
#include "labd/impairments.hpp"
#include "labd/later_effects.hpp"
#include "labd/link_back_ends.hpp"
#include "labd/needs.hpp"
#include "labd/records.hpp"
#include "labd/rootless.hpp"
#include "labd/without_root.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <chrono>
#include <set>

namespace labd {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

// A service that has failed is not what it should be: who plans with this tries it again.
void doubt_failed_services(const Lab& lab, topology::State& observed) {
    for (const auto& [node, live] : lab.nodes)
        for (const auto& [name, status] : live.services) {
            auto& services = observed.contents[node].services;
            if (status.state == protocol::ServiceState::failed && services.contains(name))
                services[name] = unsure;
        }
}

// Until the lab itself counts, or it does not come.
struct Coming {
    explicit Coming(std::shared_ptr<Lab> asked) : lab(std::move(asked)) {}
    ~Coming() { lab->coming = 0; }
    Coming(const Coming&) = delete;
    Coming& operator=(const Coming&) = delete;
    std::shared_ptr<Lab> lab;
};

// What the stations beside the steps take, one after the other.
class Stopwatch {
  public:
    void start() { since_ = steady_clock::now(); }
    void station(const char* name) {
        Phase& phase = passed_.emplace_back();
        phase.name = name;
        phase.elapsed_s = std::chrono::duration<double>(steady_clock::now() - since_).count();
        start();
    }
    // Not before the caller's right is known: with the first word that is told, the answer is 200.
    void tell(const Progress& progress) {
        for (const Phase& phase : passed_) progress.phase(phase);
        passed_.clear();
    }

  private:
    std::vector<Phase> passed_;
    steady_clock::time_point since_ = steady_clock::now();
};

}  // namespace

asio::awaitable<UpResult> Engine::up(std::string name, UpRequest request, Peer caller,
                                     std::shared_ptr<Progress> progress) {
    const auto began = steady_clock::now();
    Change change;
    change.caller = std::move(caller);
    Stopwatch watch;
    co_await read_file(change, name, request);
    watch.station("parse");
    const Turnstile::Pass pass = co_await enter(change, name);
    const Coming counted(change.lab);
    watch.station("turn");
    progress->under_way = true;
    progress->wait_s = request.wait_s;
    progress->deadline = steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(
                                                   std::chrono::duration<double>(request.wait_s));
    change.lab->caller = change.caller;
    change.fresh = !change.lab->spawner && change.lab->spaces.empty();
    co_await compare(change, request);
    co_await take_over(change, request);
    watch.station("plan");
    watch.tell(*progress);
    for (topology::Action& action : co_await repair_names(change.lab))
        change.actions.push_back(std::move(action));
    tell_unheld_limits(change.resolved.lab, *progress);
    if (const std::string undone = undone_notice(change.resolved.lab); !undone.empty())
        progress->notice(undone);
    if (change.steps.empty() && !change.fresh) {
        settle(change);
        if (request.wait_s > 0) co_await await_routing(change.lab, progress);
    } else {
        co_await carry_out(change, request, progress);
    }
    mark(*change.lab, request, *progress);
    co_return told(change, name, began);
}

// A marked lab stays so, and comes back as it was last.
void Engine::mark(Lab& lab, const UpRequest& request, const Progress& progress) {
    if (!request.autostart && !autostart_.keeps(lab.name)) return;
    try {
        autostart_.keep({lab.name, lab.access.owner, lab.access.owner_group, lab.bundle});
        lab.autostart = true;
    } catch (const std::exception& error) {
        progress.notice(lab.name + " is up, but will not come back after a boot: " + error.what());
    }
}

asio::awaitable<UpResult> Engine::plan(std::string name, UpRequest request, Peer caller) {
    const auto began = steady_clock::now();
    Change change;
    change.caller = std::move(caller);
    co_await read_file(change, name, request);
    change.lab = find(name);
    if (change.lab) {
        require_right(change);
        // A lab in the middle of a change has no picture worth telling.
        const Turnstile::Pass pass = co_await change.lab->changing.enter();
        change.fresh = false;
        co_await compare(change, request);
        for (topology::Action& action : co_await missing_names(change.lab))
            change.actions.push_back(std::move(action));
    } else {
        co_await compare(change, request);
    }
    co_return told(change, name, began);
}

// Stations 3–6: nothing is touched before the whole file is known to be right.
asio::awaitable<void> Engine::read_file(Change& change, const std::string& name,
                                        const UpRequest& request) {
    topology::Resolved& resolved = change.resolved;
    change.bundle = request.bundle;
    Bundle copy = change.bundle;
    resolved = co_await parser_.resolve(std::move(copy));
    if (resolved.diagnostics.failed()) throw invalid_topology(resolved);
    std::vector<topology::Diagnostics> looks{
        missing_programs(resolved.lab), missing_features(resolved.lab),
        unknown_accounts(resolved.lab), refused_without_netem(resolved.lab)};
    const bool leads_out =
        std::any_of(resolved.lab.nodes.begin(), resolved.lab.nodes.end(),
                    [](const topology::Node& node) { return node.is_outside(); });
    if (leads_out && options_.ties && !options_.rootless) {
        Worker::Job look = [&] { looks.push_back(options_.ties->refused(resolved.lab)); };
        co_await kernel_.run(name, std::move(look));
    }
    if (options_.rootless)
        looks.push_back(refused_without_root(resolved.lab, options_.rootless->lab_ids()));
    for (topology::Diagnostics& wrong : looks)
        if (wrong.failed()) {
            resolved.diagnostics = std::move(wrong);
            throw invalid_topology(resolved);
        }
    if (const auto refused = needs_root(resolved.lab, change.caller))
        refuse(change.caller, Verb::up, name, forbidden(*refused, resolved.sources));
    if (resolved.lab.name != name)
        throw UpFailure("bad_request", "the file is of lab \"" + resolved.lab.name +
                                           "\", not of \"" + name + "\"");
}

// One change of a lab at a time; who waited may find it gone.
asio::awaitable<Turnstile::Pass> Engine::enter(Change& change, const std::string& name) {
    for (;;) {
        change.lab = find(name);
        const bool ours = !change.lab;
        if (!ours) {
            require_right(change);
        } else {
            require_room(change, name);
            change.lab = create(name, change.caller);
            change.lab->coming = change.resolved.lab.nodes.size();
        }
        Turnstile::Pass pass = co_await change.lab->changing.enter();
        if (find(name) != change.lab) continue;
        require_right(change);  // who changed it before may have taken it back
        if (!ours) require_room(change, name);
        change.lab->coming = change.resolved.lab.nodes.size();
        co_return pass;
    }
}

// An edit never renumbers what runs: the file is read once more, knowing what does. Unless it comes
// to the same numbers without.
asio::awaitable<void> Engine::keep_numbers(Change& change) {
    const Lab& lab = *change.lab;
    bool same = false;
    Worker::Job number = [&] {
        const topology::Numbering running = topology::numbering_of(lab.wish);
        change.bundle.numbering = topology::to_text(running);
        same = running == topology::numbering_of(change.resolved.lab);
    };
    co_await planner_.run(lab.name, std::move(number));
    if (same) co_return;
    Bundle copy = change.bundle;
    topology::Resolved kept = co_await parser_.resolve(std::move(copy));
    if (kept.diagnostics.failed()) throw invalid_topology(kept);
    change.kept = topology::renumberings(kept.lab, change.resolved.lab);
    change.resolved = std::move(kept);
}

void Engine::require_right(const Change& change) {
    const Lab& lab = *change.lab;
    auto refused = refusal(change.verb, change.caller, lab.name, lab.access);
    if (!refused) refused = shares_anew(lab.wish, change.resolved.lab, change.caller, lab.access);
    if (refused)
        refuse(change.caller, change.verb, lab.name, forbidden(*refused, change.resolved.sources));
}

// Stations 7 and 8: what is there, and the steps between.
asio::awaitable<void> Engine::compare(Change& change, const UpRequest& request) {
    if (!change.fresh && !request.renumber && !change.same_file) co_await keep_numbers(change);
    const bool mends = change.lab && change.verb == Verb::up;
    if (mends) co_await look_inside(change.lab, false);
    if (change.lab) change.observed = co_await look(change.lab);
    if (mends) tell_strays(*change.lab, change.observed);
    for (const std::string& node : request.recreate)
        if (const auto found = change.observed.contents.find(node);
            found != change.observed.contents.end())
            found->second.birth.clear();
    if (mends) doubt_failed_services(*change.lab, change.observed);
    const topology::Lab nothing;
    const topology::Lab& before = change.lab ? change.lab->wish : nothing;  // its turn is held
    const topology::BackEnds& back_ends = link_back_ends();
    Worker::Job think = [&] {
        change.desired = desired_with(change.resolved.lab, change.overrides, back_ends);
        for (const auto& [node, birth] : change.asleep)
            topology::put_to_sleep(change.desired, node);
        change.steps = topology::plan(change.desired, change.observed);
        change.actions =
            actions_of(change.steps, change.desired, change.observed, before, change.resolved.lab);
    };
    co_await planner_.run(change.resolved.lab.name, std::move(think));
    if (!change.lab || change.fresh) co_return;
    for (topology::Action& action : later_effects(*change.lab, change.resolved.lab))
        change.actions.push_back(std::move(action));
}

// What stands where the wish wants it, but by somebody else's hand, would be in the way.
asio::awaitable<void> Engine::take_over(Change& change, const UpRequest& request) {
    if (change.fresh || change.steps.empty()) co_return;
    bool taken = false;
    Worker::Job job = [&] { taken = change.lab->kernel->take_over(change.steps); };
    co_await kernel_.run(change.lab->name, std::move(job));
    if (!taken) co_return;
    const std::vector<topology::Action> before = change.actions;
    co_await compare(change, request);
    // What has been made right by making it labd's has been done, too.
    for (const topology::Action& action : before)
        if (std::find(change.actions.begin(), change.actions.end(), action) == change.actions.end())
            change.actions.push_back(action);
}

// What it is needed for fails without it, and half of a change would be done before that.
void Engine::require_spawner(const Change& change) {
    const bool needed =
        std::any_of(change.steps.begin(), change.steps.end(), [](const topology::Step& step) {
            return std::holds_alternative<topology::CreateSpace>(step) ||
                   std::holds_alternative<topology::StartNode>(step) ||
                   std::holds_alternative<topology::WriteHosts>(step);
        });
    if (needed && change.lab->has_lost_spawner())
        throw UpFailure("build_failed", lost_spawner, "nothing has been touched");
}

// Nothing to do but to remember the file: it may say the same in other words.
void Engine::settle(Change& change) {
    Lab& lab = *change.lab;
    lab.bundle = change.bundle;
    lab.wish = change.resolved.lab;
    lab.desired = change.desired;
    if (change.verb == Verb::up) believe_strays(lab);
    lab.strays.clear();
    tell_drift(lab, {});
    lab.overrides = change.overrides;
    lab.access.grants = grants_of(lab.wish);
    lab.access.open = has_open_nodes(lab.wish);
    commit_record(lab);
    judge(lab);  // what labd found when it came back may be over
    AuditEvent event = event_of("up", "done", lab);
    for (const topology::Action& action : change.actions)
        event.detail += (event.detail.empty() ? "" : ", ") + action.name + ": " + action.detail;
    if (event.detail.empty()) event.detail = "nothing to do";
    audit_.record(lab.caller, event);
}

// Stations 9–11: say what will be done, do it, read it again.
asio::awaitable<void> Engine::carry_out(Change& change, const UpRequest& request,
                                        std::shared_ptr<Progress> progress) {
    const std::shared_ptr<Lab> lab = change.lab;
    require_spawner(change);
    topology::Lab before = lab->wish;
    std::map<std::string, std::string> asleep = lab->asleep;
    lab->wish = change.resolved.lab;
    lab->desired = change.desired;
    lab->judged = false;
    if (change.verb == Verb::up) believe_strays(*lab);
    if (change.fresh) lab->state = LabState::building;
    if (change.fresh && options_.rootless && !options_.rootless->single().empty())
        progress->notice(single_id_notice(options_.rootless->single()));
    AuditEvent event = event_of(rule(change.verb).name, "begun", *lab);
    event.detail = change.words;
    if (event.detail.empty())
        event.detail = std::string(change.fresh ? "create: " : "change: ") +
                       std::to_string(lab->wish.nodes.size()) + " nodes, " +
                       std::to_string(lab->wish.links.size()) + " links, from " +
                       change.bundle.source;
    audit_.record(lab->caller, event);
    events_.publish("lab", change.fresh ? "create" : "change", lab->name);
    const Bundle bundle = lab->bundle;
    const Access access = lab->access;
    // Before a node of it can be entered; until the last one has gone.
    if (has_open_nodes(lab->wish)) lab->access.open = true;
    const auto overrides = lab->overrides;
    const auto keep = [&] {
        lab->bundle = change.bundle;
        lab->overrides = change.overrides;
        lab->access.grants = grants_of(lab->wish);
        lab->access.open = has_open_nodes(lab->wish);
    };
    std::exception_ptr failure;
    Stopwatch watch;
    try {
        record(*lab, "begin", change.fresh ? "{}" : to_json(change.steps));
        // A default route that was advertised stands in the way of a written one.
        if (!change.fresh) co_await learn_after_change(lab);
        co_await apply(lab, change.steps, progress);
        watch.start();
        if (!change.fresh) co_await announce(lab, change.steps);
        co_await confirm(lab, std::move(change.desired), progress);
        watch.station("confirm");
        co_await learn_after_change(lab);
        if (request.wait_s > 0) co_await await_routing(lab, progress);
        keep();
        watch.start();
        co_await commit(lab);  // what cannot be written down has not been done
        watch.station("commit");
        watch.tell(*progress);
    } catch (...) {
        failure = std::current_exception();
    }
    event.outcome = failure ? "failed" : "done";
    event.detail = failure ? words_of(failure) : "";
    if (failure && !request.keep_on_failure) {
        lab->bundle = bundle;
        lab->overrides = overrides;
        lab->access.grants = access.grants;
        if (change.fresh)
            co_await remove(lab);
        else
            co_await roll_back(lab, std::move(before), std::move(asleep));
        lab->access.open = access.open;
        audit_.record(lab->caller, event);
        rethrow_as_up_failure(failure, change.resolved.sources);
    }
    audit_.record(lab->caller, event);
    if (failure) {
        keep();
        co_await commit(lab);
        lab->state = LabState::degraded;
        lab->reason = "kept after a failure";
        rethrow_as_up_failure(failure, change.resolved.sources);
    }
    events_.publish("lab", "up", lab->name);
}

UpResult Engine::told(const Change& change, const std::string& name,
                      steady_clock::time_point began) {
    UpResult result;
    result.lab = name;
    result.nodes = change.resolved.lab.nodes.size();
    result.links = change.resolved.lab.links.size();
    result.actions = change.actions;
    result.kept = change.kept;
    result.elapsed_s = std::chrono::duration<double>(steady_clock::now() - began).count();
    return result;
}

}  // namespace labd
