// What somebody changes by hand in a running lab: told by the kernel, read again, held against the
// wish, and published with old and new value.
#include "labd/actions.hpp"
#include "labd/engine.hpp"
#include "labd/host_ties.hpp"
#include "labd/log.hpp"
#include "labd/picture.hpp"
#include "topology/relay_link.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>

namespace labd {

namespace asio = boost::asio;

namespace {

// One job of the kernel thread holds everybody else up, so it stays below 5 ms.
constexpr std::size_t numbers_a_job = 128;
constexpr std::chrono::milliseconds host_rest{50};

}  // namespace

void Engine::follow(const std::shared_ptr<Lab>& lab, const std::string& space,
                    std::int32_t number) {
    followed_[number] = {lab, space};
    if (const auto live = lab->spaces.find(space); live != lab->spaces.end())
        live->second.followed = true;
}

// Of a change nobody wants to hear step by step, and hearing makes every step dearer (hub.hpp):
// what is new is listened to at its end, before it is read.
asio::awaitable<void> Engine::follow_new(std::shared_ptr<Lab> lab) {
    std::vector<std::string> spaces;
    for (const auto& [space, live] : lab->spaces)
        if (!live.followed) spaces.push_back(space);
    for (std::size_t from = 0; from < spaces.size(); from += numbers_a_job) {
        const std::size_t to = std::min(from + numbers_a_job, spaces.size());
        std::vector<std::int32_t> numbers;
        Worker::Job listen = [&] {
            for (std::size_t i = from; i < to; ++i)
                numbers.push_back(lab->kernel->listen_to(spaces[i]));
        };
        co_await kernel_.run(lab->name, std::move(listen));
        for (std::size_t i = from; i < to; ++i) follow(lab, spaces[i], numbers[i - from]);
    }
}

void Engine::heard(const netlink::Follower::Heard& heard) {
    if (heard.lost) {
        log::warning("the kernel had more to say than could be heard: every lab is read again");
        for (const auto& [name, lab] : labs_) look_again_at(lab);
    }
    for (const std::int32_t number : heard.nsids) {
        const auto found = followed_.find(number);
        if (found == followed_.end()) continue;
        const std::shared_ptr<Lab> lab = found->second.lab.lock();
        const bool ours =
            lab && find(lab->name) == lab && lab->spaces.contains(found->second.space);
        if (!ours) {
            followed_.erase(found);
            continue;
        }
        lab->touched.insert(found->second.space);
        look_soon(lab);
    }
}

// Many things change at once there: whoever has heard of the first waits a little for the rest.
void Engine::host_changed() {
    if (!options_.ties || std::exchange(host_changing_, true)) return;
    asio::co_spawn(loop_, look_at_host(), asio::detached);
}

asio::awaitable<void> Engine::look_at_host() {
    asio::steady_timer timer(loop_, host_rest);
    co_await timer.async_wait(asio::use_awaitable);
    host_changing_ = false;
    std::vector<TieKey> changed;
    std::string failed;
    try {
        Worker::Job look = [&] { changed = options_.ties->look_again(); };
        co_await kernel_.run("labd", std::move(look));
    } catch (const std::exception& error) {
        failed = error.what();
    }
    if (!failed.empty()) log::warning("the host's network cannot be looked at: " + failed);
    for (const TieKey& key : changed)
        if (const std::shared_ptr<Lab> lab = find(key.lab);
            lab && lab->spaces.contains(key.space)) {
            lab->touched.insert(key.space);
            look_soon(lab);
        }
}

void Engine::look_again_at(const std::shared_ptr<Lab>& lab) {
    for (const auto& [space, live] : lab->spaces) lab->touched.insert(space);
    look_soon(lab);
}

void Engine::look_soon(const std::shared_ptr<Lab>& lab) {
    if (std::exchange(lab->looking, true)) return;
    asio::co_spawn(loop_, look_at_touched(lab), [lab](std::exception_ptr error) {
        lab->looking = false;
        lab->looked.notify();
        try {
            if (error) std::rethrow_exception(error);
        } catch (const std::exception& failed) {
            log::warning(lab->name + ": cannot be followed: " + failed.what());
        }
    });
}

asio::awaitable<void> Engine::look_at_touched(std::shared_ptr<Lab> lab) {
    while (!lab->touched.empty() || !lab->judged) {
        // Until the change under way is done, which reads most of it itself.
        if (lab->changing.taken()) {
            lab->looked.notify();
            (void)co_await lab->changing.enter();
            if (find(lab->name) != lab) co_return;
            continue;
        }
        std::set<std::string> touched = std::exchange(lab->touched, {});
        for (const auto& [space, live] : lab->spaces)
            if (!lab->picture.contains(space)) touched.insert(space);
        lab->reading = touched;
        std::map<std::string, topology::Space> seen;
        std::exception_ptr failure;
        try {
            seen = co_await read(lab, touched);
        } catch (...) {
            failure = std::current_exception();
        }
        if (find(lab->name) != lab) co_return;
        const std::set<std::string> ours = std::exchange(lab->reading, {});
        if (failure || lab->changing.taken())  // what was not seen is still to be looked at
            lab->touched.insert(ours.begin(), ours.end());
        if (failure) std::rethrow_exception(failure);
        // A change has read them since: what we have is older.
        if (lab->changing.taken() || (ours.empty() && !touched.empty())) continue;
        for (auto& [space, now] : seen) {
            for (const SpaceChange& change : changes_of(lab->picture[space], now))
                publish(*lab, space, change);
            lab->picture[space] = std::move(now);
        }
        co_await judge_drift(lab);
        if (std::any_of(lab->wish.nodes.begin(), lab->wish.nodes.end(), [&](const auto& node) {
                return touched.contains(node.name) && topology::learns(node);
            })) {
            if (!co_await learn(lab)) continue;
            {
                const Turnstile::Pass pass = co_await lab->changing.enter();
                if (find(lab->name) != lab) co_return;
                co_await write_learned(lab);
            }
        }
    }
}

void Engine::publish(const Lab& lab, const std::string& space, const SpaceChange& change) {
    // Nobody's; their other ends are told.
    if (space == topology::fabric_name || space == topology::relay_name) return;
    Events::Fields fields{{"interface", change.device}};
    if (const std::string link = link_name(lab.wish, space, change.device); !link.empty())
        fields.emplace_back("link", link);
    for (const auto& [key, value] : change.values) fields.emplace_back(key, value);
    events_.publish(change.type, change.action, lab.name, space, fields);
}

// Every difference is told once when it comes, and once when it has gone.
asio::awaitable<void> Engine::judge_drift(std::shared_ptr<Lab> lab) {
    topology::State observed;
    observed.spaces = lab->picture;
    fill_in(*lab, observed);
    tell_strays(*lab, observed);
    std::vector<topology::Action> drift;
    Worker::Job compare = [&, desired = lab->desired, wish = lab->wish] {
        drift = actions_of(topology::plan(desired, observed), desired, observed, wish, wish);
    };
    co_await planner_.run(lab->name, std::move(compare));
    if (!lab->changing.taken()) tell_drift(*lab, std::move(drift));
}

void Engine::tell_drift(Lab& lab, std::vector<topology::Action> drift) {
    std::map<std::string, topology::Action> now;
    for (topology::Action& action : ties_as_one(std::move(drift), lab.wish))
        now.emplace(action.op + " " + action.kind + " " + action.name + " " + action.detail,
                    std::move(action));
    const auto tell = [&](const char* what, const topology::Action& action) {
        Events::Fields fields{{"kind", action.kind}, {"name", action.name}};
        for (const topology::Action::Change& change : action.changes) {
            fields.emplace_back("path", change.path);
            fields.emplace_back("wished", change.to.value_or(""));
            fields.emplace_back("is", change.from.value_or(""));
        }
        fields.emplace_back("text", drift_words(action));
        events_.publish("drift", what, lab.name, node_of_action(action), fields);
    };
    for (const auto& [key, action] : now)
        if (!lab.drift.contains(key)) tell("found", action);
    for (const auto& [key, action] : lab.drift)
        if (!now.contains(key)) tell("gone", action);
    lab.drift = std::move(now);
    lab.judged = true;
}

}  // namespace labd
