// `up --wait`: until every router's kernel has the routes that its protocols will bring.
#include "labd/engine.hpp"
#include "labd/failure.hpp"
#include "topology/convergence.hpp"

#include <algorithm>
#include <chrono>
#include <set>

namespace labd {

namespace asio = boost::asio;
using std::chrono::steady_clock;

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
                const std::set<topology::Prefix> held = lab->kernel->destinations(node);
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
            throw UpFailure("timeout", "routing has not converged: " + message,
                            "lab vtysh " + node + " -c 'show ip route' shows what it has");
        }
        co_await lab->changed.wait_until(std::min(deadline, steady_clock::now() + pause));
        pause = std::min(pause * 2, std::chrono::milliseconds{100});
    }
    Phase told;
    told.name = "routing";
    told.done = told.total = routers;
    told.elapsed_s = std::chrono::duration<double>(steady_clock::now() - began).count();
    progress->phase(told);
}

}  // namespace labd
