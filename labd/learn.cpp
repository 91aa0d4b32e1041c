// Addresses that DHCP and router advertisements have given: no drift, but names know them.
#include "labd/engine.hpp"
#include "labd/spawner_client.hpp"
#include "topology/stages.hpp"

#include <utility>

namespace labd {

namespace asio = boost::asio;

topology::Lab living(const Lab& lab) {
    return topology::with_learned(lab.wish, lab.learned);
}

namespace {

std::set<std::string> learning_nodes(const Lab& lab) {
    std::set<std::string> out;
    for (const topology::Node& node : lab.wish.nodes)
        if (topology::learns(node) && lab.spaces.contains(node.name)) out.insert(node.name);
    return out;
}

}  // namespace

// True when something is known otherwise than before.
asio::awaitable<bool> Engine::learn(std::shared_ptr<Lab> lab) {
    topology::Learned now;
    Worker::Job read = [&, nodes = learning_nodes(*lab)] {
        for (const std::string& node : nodes) now[node] = lab->kernel->learned(node);
    };
    co_await kernel_.run(lab->name, std::move(read));
    topology::Learned known;
    for (auto& [name, addresses] : now) {
        const topology::Node* node = lab->wish.find(name);
        if (node == nullptr) continue;
        for (const topology::Interface& interface : node->interfaces)
            for (const topology::Prefix& address : addresses[interface.name])
                if (topology::learns(interface, address.ip.family))
                    known[name][interface.name].insert(address);
    }
    const topology::Learned before = std::exchange(lab->learned, std::move(known));
    co_return before != lab->learned;
}

// Under the lab's turn: nobody takes its spawner away meanwhile.
asio::awaitable<void> Engine::write_learned(std::shared_ptr<Lab> lab) {
    if (!lab->spawner) co_return;
    std::string content = topology::hosts_file(living(*lab));
    if (lab->open_spawner) co_await lab->open_spawner->hosts(content);
    co_await lab->spawner->hosts(std::move(content));
}

// What an edit leaves behind: an interface that listens no more keeps what it has heard.
asio::awaitable<void> Engine::learn_after_change(std::shared_ptr<Lab> lab) {
    std::vector<topology::DeviceEnd> deaf;
    for (const auto& [name, interfaces] : lab->learned)
        for (const auto& [device, addresses] : interfaces) {
            const topology::Node* node = lab->wish.find(name);
            if (node == nullptr || !lab->spaces.contains(name)) continue;
            for (const topology::Interface& interface : node->interfaces)
                if (interface.name == device &&
                    !topology::learns(interface, topology::Family::ipv6))
                    deaf.push_back({name, device});
        }
    Worker::Job forget = [&] {
        for (const topology::DeviceEnd& end : deaf)
            lab->kernel->forget_advertised(end.space, end.device);
    };
    if (!deaf.empty()) co_await kernel_.run(lab->name, std::move(forget));
    if (co_await learn(lab)) co_await write_learned(lab);
}

}  // namespace labd
