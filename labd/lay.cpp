// Overrides come and go: a lab with other temporary wishes is brought to them, and nothing else of
// it is touched.
#include "labd/actions.hpp"
#include "labd/audit_event.hpp"
#include "labd/engine.hpp"
#include "labd/failure.hpp"
#include "labd/impairments.hpp"
#include "labd/link_back_ends.hpp"
#include "labd/link_named.hpp"
#include "labd/log.hpp"
#include "topology/relay_link.hpp"
#include "topology/suggest.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cmath>

namespace labd {

namespace asio = boost::asio;
using topology::Step;

namespace {

// Whether it is a thing that going up or down changes, in one of these namespaces. What else is
// missing there somebody has taken away: that is drift, and stays it.
bool is_at(const Step& step, const std::set<std::string>& places) {
    const auto in = [&](const auto* s) { return s != nullptr && places.contains(s->space); };
    return in(std::get_if<topology::ChangeDevice>(&step)) ||
           in(std::get_if<topology::AddAddress>(&step)) ||
           in(std::get_if<topology::RemoveAddress>(&step)) ||
           in(std::get_if<topology::AddRoute>(&step)) ||
           in(std::get_if<topology::RemoveRoute>(&step));
}

// An address or a route of a device that somebody has taken away.
bool is_on_nothing(const Step& step, const std::map<std::string, topology::Space>& picture) {
    const auto is_there = [&](const std::string& space, const std::string& device) {
        const auto there = picture.find(space);
        return device == "lo" || device.empty() ||
               (there != picture.end() && there->second.devices.contains(device));
    };
    if (const auto* address = std::get_if<topology::AddAddress>(&step))
        return !is_there(address->space, address->device);
    const auto* route = std::get_if<topology::AddRoute>(&step);
    if (route == nullptr) return false;
    const auto& hops = route->route.hops;
    return std::any_of(hops.begin(), hops.end(), [&](const topology::Route::Hop& hop) {
        return !is_there(route->space, hop.dev);
    });
}

// Whether it is of a link in one of these namespaces that is laid through the relay, because that
// has come to be asked of it.
bool lays_through_relay(const Step& step, const std::set<std::string>& places,
                        const topology::State& wish) {
    using topology::relay_name;
    if (const auto* create = std::get_if<topology::CreateSpace>(&step))
        return create->space == relay_name;
    if (const auto* create = std::get_if<topology::CreateVeth>(&step))
        return (create->space == relay_name && places.contains(create->peer_space)) ||
               (create->peer_space == relay_name && places.contains(create->space));
    const auto* remove = std::get_if<topology::RemoveVeth>(&step);
    if (remove == nullptr) return false;
    const auto is_relayed = [&](const std::string& space, const std::string& device) {
        const auto there = wish.spaces.find(space);
        if (there == wish.spaces.end() || !places.contains(space)) return false;
        const auto wished = there->second.devices.find(device);
        return wished != there->second.devices.end() && wished->second.peer.space == relay_name;
    };
    return is_relayed(remove->space, remove->device.name) ||
           is_relayed(remove->peer_space, remove->peer.name);
}

// A sysctl or a DHCP client of an interface that these steps make anew.
bool is_of_new(const Step& step, const std::vector<Step>& steps) {
    if (const auto* set = std::get_if<topology::SetSysctl>(&step))
        return topology::makes(steps, {set->node, topology::device_of_sysctl(set->key)});
    const auto* put = std::get_if<topology::PutService>(&step);
    constexpr std::string_view client = "dhcp-";
    return put != nullptr && put->service.starts_with(client) &&
           topology::makes(steps, {put->node, put->service.substr(client.size())});
}

bool is_over(const Override& over) {
    return over.until_ns && *over.until_ns <= monotonic_ns();
}

std::vector<std::string> stopped(const Overrides& overrides) {
    std::vector<std::string> out;
    for (const Override& over : overrides)
        if (over.kind == Override::Kind::stop) out.push_back(over.subject);
    return out;
}

// Every end of it, as the lab's namespaces were read last.
bool is_up(const Lab& lab, const topology::Link& link) {
    return std::all_of(link.ends.begin(), link.ends.end(), [&](const topology::End& end) {
        const auto space = lab.picture.find(lab.wish.nodes[end.node].name);
        if (space == lab.picture.end()) return false;
        const auto device = space->second.devices.find(lab.wish.at(end).name);
        return device != space->second.devices.end() && device->second.up;
    });
}

bool is_up_in_file(const topology::Lab& wish, const topology::Link& link) {
    return std::all_of(link.ends.begin(), link.ends.end(),
                       [&](const topology::End& end) { return wish.at(end).up; });
}

}  // namespace

topology::State Engine::wished(const Lab& lab) {
    topology::State state = desired_with(lab.wish, lab.overrides, link_back_ends());
    for (const auto& [node, birth] : lab.asleep) topology::put_to_sleep(state, node);
    return state;
}

// What is still to be done in these namespaces, which are read for it; the others are as last seen.
asio::awaitable<Engine::Steps> Engine::rest_at(std::shared_ptr<Lab> lab,
                                               std::set<std::string> places) {
    topology::State seen;
    seen.spaces = co_await read(lab, places);
    for (auto& [space, now] : seen.spaces) {
        for (const SpaceChange& change : changes_of(lab->picture[space], now))
            publish(*lab, space, change);
        lab->picture[space] = std::move(now);
    }
    seen.spaces = lab->picture;
    // A node whose init has died is none of this: its network is there, and not to be made anew.
    seen.contents = lab->desired.contents;
    seen.asleep = lab->asleep;
    seen.hosts = lab->desired.hosts;
    Steps steps;
    Worker::Job compare = [&, desired = lab->desired] { steps = topology::plan(desired, seen); };
    co_await planner_.run(lab->name, std::move(compare));
    Steps out;
    for (Step& step : steps)
        if ((is_at(step, places) && !is_on_nothing(step, lab->picture)) ||
            lays_through_relay(step, places, lab->desired) || is_of_new(step, out))
            out.push_back(std::move(step));
    co_return out;
}

asio::awaitable<void> Engine::bring(std::shared_ptr<Lab> lab, std::set<std::string> places) {
    places.insert(topology::relay_name);
    std::erase_if(places, [&](const std::string& space) { return !lab->spaces.contains(space); });
    Steps steps = co_await rest_at(lab, places);
    if (steps.empty()) co_return;
    auto quiet = std::make_shared<Progress>();
    co_await apply(lab, steps, quiet);
    if (lab->spaces.contains(topology::relay_name)) places.insert(topology::relay_name);
    const Steps rest = co_await rest_at(lab, places);
    // Drift was judged before it was as wished.
    if (!lab->drift.empty()) look_again_at(lab);
    if (rest.empty()) co_return;
    const topology::Action action = topology::describe(rest.front());
    throw UpFailure("build_failed", "the kernel does not hold what it was asked for: " + action.op +
                                        " " + action.kind + " " + action.name + " " +
                                        action.detail + " is still to be done");
}

// The journal first when something comes, and last when something goes: who comes after a labd
// that died in between finds at least what must be put back.
asio::awaitable<void> Engine::lay(std::shared_ptr<Lab> lab, Overrides next) {
    const Overrides before = std::exchange(lab->overrides, std::move(next));
    const bool comes_only = covered(before, lab->overrides);
    if (comes_only) record(*lab, "overrides", to_json(lab->overrides));
    std::set<std::string> places = places_of(lab->wish, before);
    places.merge(places_of(lab->wish, lab->overrides));
    lab->desired = wished(*lab);
    lab->judged = false;
    co_await bring(lab, std::move(places));

    std::vector<std::string> waking = stopped(before), sleeping = stopped(lab->overrides);
    const auto in = [](const std::vector<std::string>& list, const std::string& node) {
        return std::find(list.begin(), list.end(), node) != list.end();
    };
    std::erase_if(waking, [&](const std::string& node) { return in(sleeping, node); });
    std::erase_if(sleeping, [&](const std::string& node) { return lab->asleep.contains(node); });
    if (!waking.empty()) co_await wake(lab, waking, false);
    if (!sleeping.empty()) co_await wake(lab, sleeping, true);

    if (!comes_only) record(*lab, "overrides", to_json(lab->overrides));
    Overrides added;
    for (const Override& over : lab->overrides)
        if (std::find(before.begin(), before.end(), over) == before.end()) added.push_back(over);
    expire_in_time(lab, added);
    lab->changed.notify();
}

asio::awaitable<void> Engine::wake(std::shared_ptr<Lab> lab, std::vector<std::string> nodes,
                                   bool sleep) {
    Change change;
    change.fresh = false;
    change.lab = lab;
    co_await sleep_or_wake(change, nodes, sleep);
}

void Engine::expire_in_time(const std::shared_ptr<Lab>& lab, const Overrides& added) {
    for (const Override& over : added) {
        if (!over.until_ns) continue;
        options_.outlive(*over.until_ns);
        asio::co_spawn(loop_, expire(lab, *over.until_ns), asio::detached);
    }
}

asio::awaitable<void> Engine::expire(std::weak_ptr<Lab> kept, std::int64_t until_ns) {
    asio::steady_timer timer(loop_);
    timer.expires_at(std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(
            std::chrono::nanoseconds(until_ns))));
    co_await timer.async_wait(asio::use_awaitable);
    const std::shared_ptr<Lab> lab = kept.lock();
    if (!lab || find(lab->name) != lab) co_return;
    const Turnstile::Pass pass = co_await lab->changing.enter();
    if (find(lab->name) != lab) co_return;
    Overrides next = lab->overrides;
    if (std::erase_if(next, is_over) == 0) co_return;
    std::string failed;
    try {
        co_await lay(lab, std::move(next));
    } catch (const std::exception& error) {
        failed = error.what();
    }
    // The wish is right again; what the kernel still lacks of it shows as drift.
    if (!failed.empty()) log::error(lab->name + ": cannot be put back: " + failed);
}

// Of an earlier labd: its checks have ended with it, and time has gone on.
asio::awaitable<void> Engine::lay_again(std::shared_ptr<Lab> lab) {
    Overrides next = lab->overrides;
    std::erase_if(next, [](const Override& over) { return over.by_check || is_over(over); });
    expire_in_time(lab, next);
    std::string failed;
    try {
        co_await lay(lab, std::move(next));
    } catch (const std::exception& error) {
        failed = error.what();
    }
    if (!failed.empty()) log::error(lab->name + ": cannot be put back: " + failed);
}

asio::awaitable<std::vector<LinkChange>> Engine::change_links(std::shared_ptr<Lab> lab,
                                                              LinkWish wish, Peer caller) {
    const std::string name = lab->name;
    std::vector<LinkChange> out;
    std::int64_t until_ns = 0;
    {
        const Turnstile::Pass pass = co_await lab->changing.enter();
        if (find(name) != lab) throw UpFailure("no_such_lab", "lab \"" + name + "\" has gone");
        // Who changed it before may have taken the right back.
        if (const auto refused = refusal(Verb::link, caller, name, lab->access))
            refuse(caller, Verb::link, name, forbidden(*refused, {}));
        const Overrides before = lab->overrides;
        Overrides next = before;
        if (wish.for_s > 0)
            until_ns = monotonic_ns() + static_cast<std::int64_t>(std::llround(wish.for_s * 1e9));
        for (const std::string& link_name : wish.links) {
            const topology::Link& link = link_named(lab->wish, link_name);
            out.push_back({link.name, is_up(*lab, link), wish.up});
            // What holds until told otherwise replaces what was said before.
            if (wish.for_s <= 0)
                std::erase_if(next, [&](const Override& over) {
                    const bool says_state =
                        over.kind == Override::Kind::up || over.kind == Override::Kind::down;
                    return says_state && over.subject == link.name;
                });
            if (wish.for_s <= 0 && wish.up && is_up_in_file(lab->wish, link)) continue;
            Override over;
            over.kind = wish.up ? Override::Kind::up : Override::Kind::down;
            over.subject = link.name;
            if (wish.for_s > 0) over.until_ns = until_ns;
            next.push_back(std::move(over));
        }
        lab->caller = caller;
        AuditEvent event = event_of("link", "done", *lab);
        event.detail = topology::join(wish.links) + (wish.up ? " up" : " down");
        std::exception_ptr failure;
        try {
            co_await lay(lab, std::move(next));
            // By hand it may have been taken down or up before: asked for is asked for.
            std::set<std::string> places;
            for (const LinkChange& change : out)
                for (const topology::End& end : link_named(lab->wish, change.link).ends)
                    places.insert(lab->wish.nodes[end.node].name);
            co_await bring(lab, std::move(places));
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) {
            event.outcome = "failed";
            event.detail += ": " + words_of(failure);
            try {
                co_await lay(lab, before);
            } catch (...) {
                log::error(name + ": " + words_of(std::current_exception()));
            }
        }
        audit_.record(caller, event);
        if (failure) rethrow_as_up_failure(failure, {});
    }
    const auto waiting = [&] {
        return find(name) == lab &&
               std::any_of(lab->overrides.begin(), lab->overrides.end(),
                           [&](const Override& over) { return over.until_ns == until_ns; });
    };
    while (wish.back && waiting()) co_await lab->changed.wait();
    co_return out;
}

asio::awaitable<void> Engine::set_faults(std::shared_ptr<Lab> lab, Overrides faults) {
    const Turnstile::Pass pass = co_await lab->changing.enter();
    if (find(lab->name) != lab) co_return;
    const auto stopped_by_check = [&](const std::string& node) {
        return std::any_of(lab->overrides.begin(), lab->overrides.end(), [&](const Override& o) {
            return o.by_check && o.kind == Override::Kind::stop && o.subject == node;
        });
    };
    Overrides next = lab->overrides;
    std::erase_if(next, [](const Override& over) { return over.by_check; });
    for (Override& fault : faults) {
        // Somebody else has stopped it, and it is theirs to start.
        if (fault.kind == Override::Kind::stop && lab->asleep.contains(fault.subject) &&
            !stopped_by_check(fault.subject))
            continue;
        fault.by_check = true;
        const bool known =
            std::find(lab->overrides.begin(), lab->overrides.end(), fault) != lab->overrides.end();
        if (fault.kind == Override::Kind::impair && !known) require_doable(lab->wish, next, fault);
        next.push_back(std::move(fault));
    }
    if (next != lab->overrides) co_await lay(lab, std::move(next));
}

}  // namespace labd
