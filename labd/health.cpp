// What nodes tell of themselves, and what a lab is called by it: up or degraded.
#include "labd/audit_event.hpp"
#include "labd/engine.hpp"
#include "labd/log.hpp"

namespace labd {

void Engine::watch(std::shared_ptr<Lab> lab, const std::string& node) {
    const std::weak_ptr<Lab> weak = lab;
    lab->nodes.at(node).door->open(
        [this, weak, node](const ServiceStatus& status) {
            if (const auto held = weak.lock()) on_service(held, node, status);
        },
        [this, weak, node] {
            if (const auto held = weak.lock()) on_lost(held, node);
        });
}

void Engine::on_service(const std::shared_ptr<Lab>& lab, const std::string& node,
                        const ServiceStatus& status) {
    const auto found = lab->nodes.find(node);
    if (found == lab->nodes.end()) return;
    found->second.services[status.name] = status;
    events_.publish("service", word(status.state), lab->name, node, {{"service", status.name}});
    // A change under way is judged at its end.
    if (!lab->changing.taken()) judge(*lab);
    lab->changed.notify();
}

void Engine::on_lost(const std::shared_ptr<Lab>& lab, const std::string& node) {
    const auto found = lab->nodes.find(node);
    if (found == lab->nodes.end()) return;
    if (lab->asleep.contains(node)) return;  // it was asked to end
    found->second.door.reset();
    found->second.failure = "its init is gone";
    events_.publish("node", "lost", lab->name, node);
    audit_.record(labd_itself(), event_of("node.lost", "done", *lab, node));
    log::warning(lab->name + "." + node + ": its init is gone");
    lab->judged = false;
    // A change under way is judged at its end.
    if (!lab->changing.taken()) judge(*lab);
    lab->changed.notify();
}

// Up or degraded, and in words why.
void Engine::judge(Lab& lab) {
    std::string reason;
    for (const auto& [node, live] : lab.nodes) {
        if (!live.failure.empty()) reason = node + ": " + live.failure;
        for (const auto& [service, status] : live.services)
            if (status.state == protocol::ServiceState::failed)
                reason = node + "/" + service + " failed: " + status.text;
        if (!reason.empty()) break;
    }
    lab.state = reason.empty() ? LabState::up : LabState::degraded;
    lab.reason = reason;
}

}  // namespace labd
