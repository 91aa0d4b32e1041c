// Interfaces that a plan makes anew under the names of others: what belonged to those is lost.
#include "topology/plan.hpp"

#include <algorithm>
#include <set>

namespace topology {
namespace {

std::vector<DeviceEnd> made_by(const Step& step) {
    if (const auto* moved = std::get_if<MoveVeth>(&step))
        return {{moved->to_space, moved->to.name}};
    if (const auto* device = std::get_if<CreateDevice>(&step))
        return {{device->space, device->device.name}};
    if (const auto* veth = std::get_if<CreateVeth>(&step))
        return {{veth->space, veth->device.name}, {veth->peer_space, veth->peer.name}};
    return {};
}

std::vector<DeviceEnd> removed_by(const Step& step) {
    if (const auto* moved = std::get_if<MoveVeth>(&step))
        return {{moved->from_space, moved->from.name}};
    if (const auto* device = std::get_if<RemoveDevice>(&step))
        return {{device->space, device->device.name}};
    if (const auto* veth = std::get_if<RemoveVeth>(&step))
        return {{veth->space, veth->device.name}, {veth->peer_space, veth->peer.name}};
    return {};
}

}  // namespace

bool makes(const std::vector<Step>& steps, const DeviceEnd& end) {
    return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
        const std::vector<DeviceEnd> made = made_by(step);
        return std::find(made.begin(), made.end(), end) != made.end();
    });
}

std::vector<DeviceEnd> made_anew(const std::vector<Step>& steps) {
    std::set<DeviceEnd> removed;
    std::vector<DeviceEnd> out;
    for (const Step& step : steps) {
        for (const DeviceEnd& end : made_by(step))
            if (removed.erase(end) != 0) out.push_back(end);
        for (DeviceEnd& end : removed_by(step)) removed.insert(std::move(end));
    }
    return out;
}

}  // namespace topology
