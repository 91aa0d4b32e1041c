// Nodes that are stopped, started, held and let go, while the lab around them runs on.
#include "labd/audit_event.hpp"
#include "labd/engine.hpp"
#include "labd/fail_point.hpp"
#include "labd/failure.hpp"
#include "labd/records.hpp"
#include "labd/spawner_client.hpp"
#include "netlink/netns.hpp"
#include "topology/suggest.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

namespace labd {

namespace asio = boost::asio;

namespace {

constexpr std::uint32_t stop_grace_ms = 5'000;
constexpr std::chrono::seconds stop_limit{8};

void require_process(const Lab& lab, const std::string& name) {
    const topology::Node* node = lab.wish.find(name);
    if (node == nullptr)
        throw UpFailure("no_such_node", "lab \"" + lab.name + "\" has no node \"" + name + "\"",
                        "lab status lists them");
    if (!node->has_process())
        throw UpFailure("no_process", name + " is a switch without processes",
                        "ip -n " + lab.netns_name(name) + " link set br0 down stops its traffic");
}

Verb verb_of(Life what) {
    constexpr Verb verbs[] = {Verb::stop, Verb::start, Verb::restart, Verb::pause, Verb::resume};
    return verbs[static_cast<std::size_t>(what)];
}

}  // namespace

const char* word(Life what) {
    constexpr const char* words[] = {"stop", "start", "restart", "pause", "resume"};
    return words[static_cast<std::size_t>(what)];
}

asio::awaitable<UpResult> Engine::life(std::string name, std::vector<std::string> nodes, Life what,
                                       Peer caller) {
    const auto began = std::chrono::steady_clock::now();
    Change change;
    change.fresh = false;
    change.caller = std::move(caller);
    change.lab = find(name);
    if (!change.lab) throw UpFailure("no_such_lab", "there is no lab \"" + name + "\"");
    change.resolved.lab = change.lab->wish;
    change.verb = verb_of(what);
    require_right(change);
    const Turnstile::Pass pass = co_await change.lab->changing.enter();
    if (find(name) != change.lab) throw UpFailure("no_such_lab", "lab \"" + name + "\" has gone");
    change.resolved.lab = change.lab->wish;
    require_right(change);  // who changed it before may have taken it back
    // Of a set, switches without processes have nothing to stop.
    if (nodes.size() > 1)
        std::erase_if(nodes, [&](const std::string& node) {
            const topology::Node* found_node = change.lab->wish.find(node);
            return found_node != nullptr && !found_node->has_process();
        });
    change.lab->caller = change.caller;
    for (const std::string& node : nodes) require_process(*change.lab, node);
    if (what == Life::pause || what == Life::resume) {
        for (const std::string& node : nodes) co_await hold(change, node, what == Life::pause);
        commit_record(*change.lab);
        co_return told(change, name, began);
    }
    std::vector<topology::Action> before;
    if (what != Life::start) {
        co_await sleep_or_wake(change, nodes, true);
        before = std::move(change.actions);
    }
    if (what != Life::stop) co_await sleep_or_wake(change, nodes, false);
    change.actions.insert(change.actions.begin(), before.begin(), before.end());
    co_return told(change, name, began);
}

// One change like any other: the same file, and another set of nodes that sleep.
asio::awaitable<void> Engine::sleep_or_wake(Change& change, const std::vector<std::string>& nodes,
                                            bool sleep) {
    Lab& lab = *change.lab;
    const UpRequest request;
    change.bundle = lab.bundle;
    change.resolved.lab = lab.wish;
    change.asleep = lab.asleep;
    change.overrides = lab.overrides;
    change.same_file = true;
    change.words = (sleep ? "stop: " : "start: ") + topology::join(nodes);
    for (const std::string& node : nodes) {
        const auto contents = lab.desired.contents.find(node);
        if (sleep && contents != lab.desired.contents.end())
            change.asleep[node] = contents->second.birth;
        else if (!sleep)
            change.asleep.erase(node);
    }
    co_await compare(change, request);
    if (change.steps.empty()) co_return;
    auto quiet = std::make_shared<Progress>();
    co_await carry_out(change, request, quiet);
}

// With all that it runs, its own PID 1 excepted: that goes on answering.
asio::awaitable<void> Engine::hold(Change& change, std::string node, bool pause) {
    const auto found = change.lab->nodes.find(node);
    if (found == change.lab->nodes.end() || !found->second.door)
        throw UpFailure("not_running", node + " is not running", "lab start " + node);
    if (found->second.paused == pause) co_return;
    const std::shared_ptr<NodeDoor> door = found->second.door;
    co_await door->pause(pause);
    found->second.paused = pause;
    events_.publish("node", pause ? "pause" : "resume", change.lab->name, node);
    audit_.record(change.caller,
                  event_of(pause ? "node.pause" : "node.resume", "done", *change.lab, node));
    change.actions.push_back({"update", "node", node, pause ? "paused" : "resumed"});
}

asio::awaitable<void> Engine::stop_nodes(std::shared_ptr<Lab> lab, std::vector<std::string> nodes) {
    std::vector<Task> tasks;
    for (const std::string& node : nodes)
        tasks.emplace_back([this, lab, node] { return stop_node(lab, node); });
    co_await gather(std::move(tasks));
}

// Its services end in their order; what does not listen is killed with its PID 1.
asio::awaitable<void> Engine::stop_node(std::shared_ptr<Lab> lab, std::string node) {
    const auto found = lab->nodes.find(node);
    if (found == lab->nodes.end()) co_return;
    LiveNode& live = found->second;
    lab->asleep[node] = live.contents.birth;  // its end is no surprise
    if (live.door) {
        const std::shared_ptr<NodeDoor> door = live.door;
        try {
            if (live.paused) co_await door->pause(false);
            fail_point::before("node.stop");
            co_await door->shutdown(stop_grace_ms, stop_limit);
            fail_point::after("node.stop");
        } catch (const std::exception&) {
            (void)0;  // it went before it could answer, or never will
        }
        door->close();
    }
    (void)syscall(SYS_pidfd_send_signal, live.pidfd.get(), SIGKILL, nullptr, 0);
    co_await await_exit(loop_, live.pidfd.get());
    fail_point::before("node_group.remove");
    cgroups_.remove(lab->name, node);
    fail_point::after("node_group.remove");
    (void)unlinkat(lab->doors.get(), node.c_str(), 0);
    audit_.record(lab->caller, event_of("node.end", "done", *lab, node));
    lab->nodes.erase(node);
    events_.publish("node", "stop", lab->name, node);
}

// The cables of a node that starts again are plugged into its new namespace, which takes over the
// name of the old one.
asio::awaitable<void> Engine::renew_space(std::shared_ptr<Lab> lab, std::string space, Fd netns) {
    const auto identity = identify_namespace(netns.get());
    if (!identity) throw std::runtime_error(space + ": its namespace cannot be identified");
    const LiveSpace old = lab->spaces.at(space);
    LiveSpace live = old;
    live.netns = *identity;
    const std::string name = lab->netns_name(space);
    std::int32_t number = -1;
    Worker::Job plug = [&] {
        const Fd pinned(::fcntl(netns.get(), F_DUPFD_CLOEXEC, 3));
        fail_point::before("namespace.renew");
        lab->kernel->renew(space, std::move(netns));
        fail_point::after("namespace.renew");
        number = lab->kernel->listen_to(space);
        netlink::Identity was;
        was.device = old.netns.dev;
        was.inode = old.netns.inode;
        if (netlink::unpin(options_.netns_dir, name, was) == netlink::Unpinned::leftover)
            (void)netlink::remove_leftover(options_.netns_dir, name);
        fail_point::before("name.move");
        netlink::pin(options_.netns_dir, name, pinned.get());
        fail_point::after("name.move");
    };
    co_await kernel_.run(lab->name, std::move(plug));
    record(*lab, "space", to_json(space, live));
    lab->spaces[space] = live;
    lab->touched.insert(space);  // its cables came before its events were heard
    follow(lab, space, number);
}

}  // namespace labd
