// What the namespaces of a lab hold: as they were read last, and read again where something has
// happened since. The kernel is asked for nothing that it would have told (decision 14).
#include "labd/actions.hpp"
#include "labd/engine.hpp"
#include "labd/failure.hpp"
#include "labd/picture.hpp"
#include "labd/step_words.hpp"
#include "topology/relay_link.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace labd {

namespace asio = boost::asio;

namespace {

// One job of the kernel thread holds everybody else up, so it stays near 5 ms.
constexpr std::size_t readings_a_job = 16;

// Keys and peers, forwarding entries and packet filters change without a word on rtnetlink; what
// the host has is in a namespace that nobody follows, and the relay is a process.
bool is_silent(const std::string& name, const topology::Space& space) {
    if (name == topology::relay_name) return true;
    return std::any_of(space.devices.begin(), space.devices.end(), [](const auto& named) {
        const topology::Device& device = named.second;
        return device.kind == topology::DeviceKind::wireguard ||
               device.kind == topology::DeviceKind::vxlan || topology::reaches_out(device.kind) ||
               !(device.receives == topology::Impairment{});
    });
}

// Where the wish leaves it to the node, what it stands on is no news.
void heed(const Lab& lab, const std::string& space, std::map<std::string, topology::Space>& seen) {
    const auto now = seen.find(space);
    const auto wished = lab.desired.spaces.find(space);
    if (now != seen.end() && wished != lab.desired.spaces.end())
        now->second.ground = topology::heeded(wished->second.ground, now->second.ground);
}

// Whose end of a cable has come, gone or changed.
std::set<std::string> neighbours_of_change(const topology::Space& before,
                                           const topology::Space& after) {
    std::set<std::string> out;
    const auto note = [&](const topology::Space& some, const topology::Space& other) {
        for (const auto& [name, device] : some.devices) {
            const auto same = other.devices.find(name);
            if (same == other.devices.end() || same->second.peer != device.peer)
                out.insert(device.peer.space);
        }
    };
    note(before, after);
    note(after, before);
    return out;
}

bool runs_own_commands(const topology::Node& node) {
    const auto is_own = [](const topology::Service& service) { return !service.generated; };
    const auto is_config = [](const auto& named) {
        return named.second.origin != topology::File::Origin::generated &&
               (named.first.starts_with("/etc/frr/") || named.first.starts_with("/etc/bird/"));
    };
    return !node.exec.empty() || !node.frr.text.empty() ||
           std::any_of(node.services.begin(), node.services.end(), is_own) ||
           std::any_of(node.files.begin(), node.files.end(), is_config);
}

// Whether exec lines, services or daemons that the file configures may have brought it about.
bool is_own_doing(const topology::Lab& wish, const topology::Step& step) {
    const std::vector<std::string> spaces = spaces_of(step);
    return std::any_of(spaces.begin(), spaces.end(), [&](const std::string& space) {
        const topology::Node* node = wish.find(space);
        return node != nullptr && runs_own_commands(*node);
    });
}

}  // namespace

bool Engine::must_be_read(const Lab& lab, const std::string& space) {
    const auto known = lab.picture.find(space);
    if (!lab.spaces.at(space).followed || known == lab.picture.end()) return true;
    // Silent is also what should be and is not: it may come back by hand.
    const auto wished = lab.desired.spaces.find(space);
    return is_silent(space, known->second) ||
           (wished != lab.desired.spaces.end() && is_silent(space, wished->second));
}

// These, and whatever is at the other ends of cables that have changed: an event names one end.
asio::awaitable<std::map<std::string, topology::Space>> Engine::read(std::shared_ptr<Lab> lab,
                                                                     std::set<std::string> spaces) {
    std::map<std::string, topology::Space> out;
    std::set<std::string> asked;
    while (!spaces.empty()) {
        std::vector<std::string> names;
        for (const std::string& space : spaces)
            if (lab->spaces.contains(space)) names.push_back(space);
        spaces.clear();
        for (std::size_t from = 0; from < names.size(); from += readings_a_job) {
            const std::size_t to = std::min(from + readings_a_job, names.size());
            Worker::Job observe = [&] {
                for (std::size_t i = from; i < to; ++i) {
                    try {
                        out[names[i]] = lab->kernel->observe(names[i]);
                    } catch (const KernelError& error) {
                        if (error.error() != ENOENT) throw;  // a change has taken it away
                    }
                }
            };
            co_await kernel_.run(lab->name, std::move(observe));
        }
        for (const std::string& name : names) {
            heed(*lab, name, out);
            const auto known = lab->picture.find(name);
            const auto now = out.find(name);
            if (known != lab->picture.end() && now != out.end())
                spaces.merge(neighbours_of_change(known->second, now->second));
        }
        asked.insert(names.begin(), names.end());
        std::erase_if(spaces, [&](const std::string& space) { return asked.contains(space); });
    }
    co_return out;
}

asio::awaitable<topology::State> Engine::look(std::shared_ptr<Lab> lab,
                                              std::set<std::string> touched) {
    for (const auto& [space, live] : lab->spaces)
        if (must_be_read(*lab, space)) touched.insert(space);
    touched.insert(lab->reading.begin(), lab->reading.end());
    topology::State state;
    state.spaces = lab->picture;
    for (auto& [space, now] : co_await read(lab, std::move(touched)))
        state.spaces[space] = std::move(now);
    fill_in(*lab, state);
    co_return state;
}

asio::awaitable<topology::State> Engine::look(std::shared_ptr<Lab> lab) {
    options_.hear();
    std::set<std::string> touched = lab->touched;
    co_return co_await look(std::move(lab), std::move(touched));
}

// What is not the network's. A node whose init is gone is no node, whatever its namespace holds:
// the plan lets it be born again.
void Engine::fill_in(const Lab& lab, topology::State& state) {
    state.contents = lab.contents();
    state.asleep = lab.asleep;
    for (const auto& [node, live] : lab.nodes) {
        if (live.door) continue;
        state.contents.erase(node);
        state.asleep[node] = live.contents.birth;
    }
    state.hosts = lab.hosts;
}

asio::awaitable<std::vector<topology::Action>> Engine::drift(std::shared_ptr<Lab> lab) {
    std::vector<topology::Action> out;
    if (lab->changing.taken()) co_return out;
    co_await look_inside(lab, false);
    if (lab->changing.taken()) co_return out;
    options_.hear();
    for (const auto& [space, live] : lab->spaces)
        if (must_be_read(*lab, space)) lab->touched.insert(space);
    if (!lab->touched.empty() || !lab->judged) look_soon(lab);
    while (lab->looking && !lab->changing.taken()) co_await lab->looked.wait();
    if (lab->changing.taken()) co_return out;
    for (const auto& [key, action] : lab->drift) out.push_back(action);
    for (topology::Action& action : co_await missing_names(lab)) out.push_back(std::move(action));
    co_return out;
}

// Reads again what was touched: what labd says of a lab is what the kernel says. What commands of
// the file have done to their own nodes meanwhile is as it was wished.
asio::awaitable<void> Engine::confirm(std::shared_ptr<Lab> lab, topology::State desired,
                                      std::shared_ptr<Progress> progress) {
    co_await follow_new(lab);
    options_.hear();
    std::set<std::string> touched = std::exchange(lab->touched, {});
    touched.merge(std::exchange(lab->reading, {}));
    topology::State observed;
    Steps rest;
    std::exception_ptr failure;
    try {
        observed = co_await look(lab, touched);
        Worker::Job compare = [&] { rest = topology::plan(desired, observed); };
        co_await planner_.run(lab->name, std::move(compare));
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        lab->touched.insert(touched.begin(), touched.end());
        std::rethrow_exception(failure);
    }
    // Of a new lab it is enough to say that it is up.
    if (!lab->picture.empty())
        for (const auto& [space, now] : observed.spaces)
            for (const SpaceChange& change : changes_of(lab->picture[space], now))
                publish(*lab, space, change);
    lab->picture = std::move(observed.spaces);
    if (rest.empty()) {
        lab->strays.clear();
        tell_drift(*lab, {});
        co_return;
    }
    const auto wrong = std::find_if_not(rest.begin(), rest.end(), [&](const topology::Step& step) {
        return is_own_doing(lab->wish, step);
    });
    if (wrong != rest.end()) {
        const topology::Action action = topology::describe(*wrong);
        throw UpFailure("build_failed", "the kernel does not hold what it was asked for: " +
                                            action.op + " " + action.kind + " " + action.name +
                                            " " + action.detail + " is still to be done");
    }
    std::vector<topology::Action> drift = actions_of(rest, desired, observed, lab->wish, lab->wish);
    for (const topology::Action& action : drift)
        progress->notice("the lab " + drift_words(action) +
                         ": its node's own commands have done that, and it stays so");
    tell_drift(*lab, std::move(drift));
}

}  // namespace labd
