// `up --wait`: until every router's kernel has the routes that its protocols will bring.
#include "labd/engine.hpp"
#include "labd/failure.hpp"
#include "topology/convergence.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <chrono>
#include <set>

namespace labd {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

// As long as nothing new comes: several times what daemons gather changes for.
constexpr std::chrono::seconds quiet{2};

// BIRD gives the kernel a node's own networks once more.
bool has_learned(const topology::Node& node, const std::map<topology::Prefix, bool>& held) {
    std::set<topology::Prefix> own;
    for (const topology::Prefix& loopback : node.loopbacks) own.insert(loopback.network());
    for (const topology::Interface& interface : node.interfaces)
        for (const topology::Prefix& address : interface.addresses) own.insert(address.network());
    return std::any_of(held.begin(), held.end(), [&](const auto& network) {
        return network.second && !network.first.ip.is_link_local() && !own.contains(network.first);
    });
}

}  // namespace

// What a configuration of somebody's own brings nobody else knows: something, and then, for a
// while, nothing new anywhere. It may as well be right that nothing comes, so this never fails.
asio::awaitable<void> Engine::await_own_routing(std::shared_ptr<Lab> lab,
                                                std::shared_ptr<Progress> progress) {
    const std::vector<std::string> own = topology::with_own_routing(lab->wish);
    if (own.empty()) co_return;
    std::set<std::string> watched(own.begin(), own.end());
    for (const auto& [node, prefixes] : topology::expected_routes(lab->wish)) watched.insert(node);
    std::map<std::string, std::map<topology::Prefix, bool>> held;
    auto changed = steady_clock::now();
    for (;;) {
        std::map<std::string, std::map<topology::Prefix, bool>> now;
        Worker::Job look = [&] {
            for (const std::string& node : watched)
                if (lab->spaces.contains(node)) now[node] = lab->kernel->destinations(node);
        };
        co_await kernel_.run(lab->name, std::move(look));
        if (now != held) held = std::move(now), changed = steady_clock::now();
        std::vector<std::string> silent;
        for (const std::string& node : own)
            if (!has_learned(*lab->wish.find(node), held[node])) silent.push_back(node);
        const auto until = changed + quiet;
        if (silent.empty() && steady_clock::now() >= until) co_return;
        give_up_if(*progress);
        if (steady_clock::now() >= progress->deadline) {
            progress->notice(silent.empty()
                                 ? "routes still come and go in " + topology::join(own, 4) +
                                       ", which have configurations of their own"
                                 : topology::join(silent, 4) +
                                       ": the own configuration has "
                                       "brought no route until now");
            co_return;
        }
        const auto again = steady_clock::now() + std::chrono::milliseconds{100};
        co_await lab->changed.wait_until(std::min(progress->deadline, again));
    }
}

asio::awaitable<void> Engine::await_routing(std::shared_ptr<Lab> lab,
                                            std::shared_ptr<Progress> progress) {
    const auto began = steady_clock::now();
    const auto deadline = progress->deadline;  // what was built and started has taken its part
    std::map<std::string, std::vector<topology::Prefix>> missing =
        topology::expected_routes(lab->wish);
    const std::size_t routers = missing.size();
    // The kernel tells of every change of a route, but labd does not follow routes yet: it looks
    // again, soon at first.
    std::chrono::milliseconds pause{10};
    for (;;) {
        Worker::Job look = [&] {
            for (auto& [node, prefixes] : missing) {
                if (!lab->spaces.contains(node)) continue;
                const std::map<topology::Prefix, bool> held = lab->kernel->destinations(node);
                std::erase_if(prefixes,
                              [&](const topology::Prefix& p) { return held.contains(p); });
            }
            std::erase_if(missing, [](const auto& entry) { return entry.second.empty(); });
        };
        co_await kernel_.run(lab->name, std::move(look));
        if (missing.empty()) break;
        give_up_if(*progress);
        if (steady_clock::now() >= deadline) {
            const auto& [node, prefixes] = *missing.begin();
            std::string message = node + " has no route to " + prefixes.front().text();
            if (prefixes.size() > 1)
                message += " and " + std::to_string(prefixes.size() - 1) + " more";
            if (missing.size() > 1)
                message += "; " + std::to_string(missing.size()) + " of " +
                           std::to_string(routers) + " routers still wait";
            const std::string shows = "lab vtysh " + node + " -c 'show ip route' shows what it has";
            throw UpFailure("timeout", "routing has not converged: " + message,
                            lab->state == LabState::building
                                ? "`lab up --keep-on-failure` leaves the lab up; then " + shows
                                : shows);
        }
        co_await lab->changed.wait_until(std::min(deadline, steady_clock::now() + pause));
        pause = std::min(pause * 2, std::chrono::milliseconds{100});
    }
    co_await await_own_routing(lab, progress);
    Phase told;
    told.name = "routing";
    told.done = told.total = routers;
    told.elapsed_s = std::chrono::duration<double>(steady_clock::now() - began).count();
    progress->phase(told);
}

}  // namespace labd
