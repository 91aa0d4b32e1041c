// Cables that are plugged over: what is on the end that stays need not be made anew.
#include "topology/plan_parts.hpp"
#include "topology/relay_link.hpp"

#include <algorithm>

namespace topology {
namespace {

// The same, but that its cable leads elsewhere.
bool same_but_peer(const Device& wish, Device seen) {
    seen.peer = wish.peer;
    return same_identity(wish, seen);
}

bool is_taken(const State& state, const std::string& space, const Device& device) {
    const auto there = state.spaces.find(space);
    if (there == state.spaces.end()) return false;
    const auto& devices = there->second.devices;
    return std::any_of(devices.begin(), devices.end(), [&](const auto& named) {
        return named.first == device.name || named.second.index == device.index;
    });
}

}  // namespace

// Of a cable whose ends could both say so, the end that is no port stays: it has the addresses.
void NetworkPlan::find_moves() {
    for (const bool ports : {false, true})
        for (const Entry* entry : seen_differing_)
            for (const auto& [name, device] : entry->second.devices) {
                const DeviceEnd end{entry->first, name};
                if (device.master.empty() == ports || stays(end) || unplugged_.contains(end))
                    continue;
                const std::optional<MoveVeth> move = move_of(end, device);
                if (!move) continue;
                const DeviceEnd to{move->to_space, move->to.name};
                if (unplugged_.contains(device.peer) || plugged_.contains(to)) continue;
                staying_.insert(end);
                unplugged_.insert(device.peer);
                plugged_.insert(to);
                moves_.push_back(*move);
            }
}

// Nothing when the cable cannot be plugged over: then it is made anew.
std::optional<MoveVeth> NetworkPlan::move_of(const DeviceEnd& end, const Device& seen) const {
    const Device* wished = find_device(wish_, end);
    if (seen.kind != Device::Kind::veth || end.space == fabric_name || !lives(end.space) ||
        wished == nullptr || wished->peer.space == seen.peer.space || !same_but_peer(*wished, seen))
        return std::nullopt;
    const Device *from = find_device(seen_, seen.peer), *to = find_device(wish_, wished->peer);
    if (from == nullptr || from->peer != end || !lives(seen.peer.space) || stays(seen.peer) ||
        to == nullptr || to->peer != end || doomed_.contains(wished->peer.space))
        return std::nullopt;
    if (end.space == seen.peer.space || end.space == wished->peer.space) return std::nullopt;
    for (const std::string& space : {end.space, seen.peer.space, wished->peer.space})
        if (space == relay_name) return std::nullopt;
    // Where it comes and where it was, nobody else may be called so.
    if (is_taken(seen_, wished->peer.space, *to) || is_taken(wish_, seen.peer.space, *from))
        return std::nullopt;
    return MoveVeth{end.space, seen, seen.peer.space, *from, wished->peer.space, *to};
}

}  // namespace topology
