// The one way from what is to what should be.
#include "topology/plan.hpp"

#include "topology/plan_parts.hpp"
#include "topology/relay_link.hpp"

#include <optional>

namespace topology {

std::vector<Step> plan(const State& desired, const State& observed) {
    // Copied only where they come to look otherwise: a lab may have thousands of namespaces.
    std::optional<State> relayed, aligned, awake;
    const State* wished = &desired;
    if (observed.spaces.contains(relay_name))
        wished = &relayed.emplace(keep_relayed(*wished, observed));
    if (wished->spaces.contains(fabric_name) && observed.spaces.contains(fabric_name))
        wished = &aligned.emplace(align_fabric(*wished, observed));
    const State& wish = *wished;
    const std::set<std::string> doomed = doomed_spaces(wish, observed);
    const std::set<std::string> waking = waking_nodes(wish, observed, doomed);
    const State& seen = waking.empty() ? observed : awake.emplace(awakened(observed, waking));
    std::vector<Step> out;
    for (const auto& entry : observed.contents)
        if (wish.spaces.contains(entry.first) && !wish.contents.contains(entry.first) &&
            !doomed.contains(entry.first))
            out.push_back(StopNode{entry.first});
    const NetworkPlan network(wish, seen, doomed);
    network.removals(out);
    const auto remove = [&](const std::string& space) {
        out.push_back(RemoveSpace{space, observed.spaces.at(space).kind});
    };
    for (const std::string& space : doomed)
        if (wish.spaces.contains(space)) remove(space);
    for (const auto& [name, space] : wish.spaces)
        if (!observed.spaces.contains(name) || doomed.contains(name))
            out.push_back(CreateSpace{name, space.kind});
    for (const std::string& node : waking) out.push_back(StartNode{node});
    network.creations(out);
    plan_contents(wish, observed, doomed, out);
    // Last: what lived in a node that has gone comes back with no undoing.
    for (const std::string& space : doomed)
        if (!wish.spaces.contains(space)) remove(space);
    return out;
}

std::set<std::string> doomed_spaces(const State& wish, const State& seen) {
    std::set<std::string> out;
    for (const auto& entry : seen.spaces)
        if (!restart_reason(wish, seen, entry.first).empty()) out.insert(entry.first);
    return out;
}

const Device* find_device(const State& state, const DeviceEnd& end) {
    const auto space = state.spaces.find(end.space);
    if (space == state.spaces.end()) return nullptr;
    const auto device = space->second.devices.find(end.device);
    return device == space->second.devices.end() ? nullptr : &device->second;
}

}  // namespace topology
