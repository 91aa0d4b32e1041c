// What somebody has changed by hand in a running lab: put right, or taken over into its wish.
#include "labd/engine.hpp"
#include "labd/failure.hpp"
#include "topology/relay_link.hpp"

#include <algorithm>

namespace labd {

namespace asio = boost::asio;

asio::awaitable<UpResult> Engine::repair(std::string name, bool dry_run, Peer caller) {
    const auto began = std::chrono::steady_clock::now();
    Change change;
    change.fresh = false;
    change.same_file = true;
    change.caller = std::move(caller);
    change.words = "repair";
    change.lab = find(name);
    if (!change.lab) throw UpFailure("no_such_lab", "there is no lab \"" + name + "\"");
    change.resolved.lab = change.lab->wish;
    require_right(change);
    const Turnstile::Pass pass = co_await change.lab->changing.enter();
    if (find(name) != change.lab) throw UpFailure("no_such_lab", "lab \"" + name + "\" has gone");
    Lab& lab = *change.lab;
    change.resolved.lab = lab.wish;
    require_right(change);  // who changed it before may have taken it back
    change.bundle = lab.bundle;
    change.asleep = lab.asleep;
    change.overrides = lab.overrides;
    lab.judged = false;
    const UpRequest request;
    co_await compare(change, request);
    if (dry_run) co_return told(change, name, began);
    lab.caller = change.caller;
    co_await take_over(change, request);
    for (topology::Action& action : co_await repair_names(change.lab))
        change.actions.push_back(std::move(action));
    auto quiet = std::make_shared<Progress>();
    if (change.steps.empty())
        settle(change);
    else
        co_await carry_out(change, request, quiet);
    co_return told(change, name, began);
}

asio::awaitable<topology::Adopted> Engine::adopt_changes(std::shared_ptr<Lab> lab) {
    const Turnstile::Pass pass = co_await lab->changing.enter();
    if (find(lab->name) != lab)
        throw UpFailure("no_such_lab", "lab \"" + lab->name + "\" has gone");
    topology::Found found;
    topology::State seen = co_await look(lab);
    for (auto& [space, holds] : seen.spaces) {
        const auto live = lab->nodes.find(space);
        const bool dead = live != lab->nodes.end() && !live->second.door;
        if (dead) continue;
        topology::Found::Node& node = found.nodes[space];
        node.space = std::move(holds);
        if (space == topology::fabric_name || space == topology::relay_name) continue;
        Worker::Job read = [&, name = space] {
            node.addresses = lab->kernel->learned(name);
            node.routes = lab->kernel->handwritten(name);
            node.queues = lab->kernel->foreign_queues(name);
        };
        co_await kernel_.run(lab->name, std::move(read));
    }
    co_await look_inside(lab);
    for (const auto& [node, strays] : lab->strays) {
        found.nodes[node].sysctl = strays.sysctl;
        found.nodes[node].files = strays.files;
        found.nodes[node].hostname = strays.hostname.value_or("");
        for (const auto& [key, value] : strays.born) found.nodes[node].sysctl[key] = value.first;
    }
    co_return topology::adopt(lab->wish, lab->desired, found);
}

}  // namespace labd
