// What somebody has changed by hand in a running lab: put right, or taken over into its wish.
#include "labd/engine.hpp"
#include "labd/failure.hpp"
#include "topology/relay_link.hpp"

#include <algorithm>

namespace labd {

namespace asio = boost::asio;

namespace {

// As the kernel shows it: one blank between numbers, none around them.
std::string plain(const std::string& value) {
    std::string out;
    bool gap = false;
    for (const char c : value) {
        const bool blank = c == ' ' || c == '\t' || c == '\n';
        if (!blank && gap && !out.empty()) out += ' ';
        gap = blank;
        if (!blank) out += c;
    }
    return out;
}

}  // namespace

asio::awaitable<void> Engine::read_node_sysctls(std::shared_ptr<Lab> lab, std::string node,
                                                Sysctls& to) {
    const LiveNode& live = lab->nodes.at(node);
    const std::shared_ptr<NodeDoor> door = live.door;
    if (!door) co_return;
    const std::map<std::string, std::string> written = live.contents.sysctl;
    for (const auto& [key, value] : written) {
        std::string read_key = key, now;
        try {
            now = co_await door->read_sysctl(std::move(read_key));
        } catch (const std::exception&) {
            continue;  // it has gone with its interface, which the plan sees
        }
        // Its own words for the same value are no difference.
        to[node][key] = plain(now) == plain(value) ? value : plain(now);
    }
}

asio::awaitable<Engine::Sysctls> Engine::read_sysctls(std::shared_ptr<Lab> lab) {
    Sysctls out;
    std::vector<Task> tasks;
    for (const auto& [node, live] : lab->nodes)
        if (live.door && !live.contents.sysctl.empty())
            tasks.emplace_back(
                [this, lab, node = node, &out] { return read_node_sysctls(lab, node, out); });
    co_await gather(std::move(tasks), 32);
    co_return out;
}

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
    // The plan compares them with what labd remembers to have written.
    const Sysctls sysctls = co_await read_sysctls(change.lab);
    for (const auto& [node, values] : sysctls)
        for (const auto& [key, value] : values)
            if (const auto live = lab.nodes.find(node); live != lab.nodes.end())
                live->second.contents.sysctl[key] = value;
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
    Sysctls sysctls = co_await read_sysctls(lab);
    for (auto& [node, values] : sysctls) found.nodes[node].sysctl = std::move(values);
    co_return topology::adopt(lab->wish, lab->desired, found);
}

}  // namespace labd
