// See relay_link.hpp.
#include "topology/relay_link.hpp"

#include "topology/desired.hpp"
#include "topology/plan_parts.hpp"

#include <algorithm>

namespace topology {
namespace {

constexpr char first_side = 'a', second_side = 'b';
// Numbers that no interface gets by itself soon, far below the end of them.
constexpr std::uint32_t first_index = 1000, index_pairs = 500'000'000;

Device* find(State& state, const DeviceEnd& end) {
    const auto space = state.spaces.find(end.space);
    if (space == state.spaces.end()) return nullptr;
    const auto device = space->second.devices.find(end.device);
    return device == space->second.devices.end() ? nullptr : &device->second;
}

// By which of its ends a link is known: the fabric's are numbered anew with every edit.
const DeviceEnd& known_by(const DeviceEnd& a, const DeviceEnd& b) {
    if (a.space == fabric_name) return b;
    if (b.space == fabric_name) return a;
    return std::min(a, b);
}

bool is_taken(const Space& relay, std::uint32_t index) {
    return std::any_of(relay.devices.begin(), relay.devices.end(),
                       [&](const auto& entry) { return entry.second.index == index; });
}

Device relay_end(const DeviceEnd& node_end, const Device& node_device) {
    Device out;
    out.mtu = node_device.mtu;
    out.quiet = true;
    out.peer = node_end;
    return out;
}

// Both ends in the same words, whoever has run through the fabric.
bool is_same_end(const DeviceEnd& a, const DeviceEnd& b) {
    return a == b || (a.space == fabric_name && b.space == fabric_name);
}

}  // namespace

void lay_through_relay(State& state, const DeviceEnd& end) {
    Device* one = find(state, end);
    if (one == nullptr || one->peer.space == relay_name || end.space == relay_name) return;
    const DeviceEnd far = one->peer;
    Device* other = find(state, far);
    if (other == nullptr) return;
    DeviceEnd first = known_by(end, far), second = first == end ? far : end;
    Device &first_device = first == end ? *one : *other,
           &second_device = first == end ? *other : *one;

    const std::string words = "relay " + first.space + ":" + first.device;
    const std::string stem = "r" + digest(words).substr(0, 11);
    Device a = relay_end(first, first_device), b = relay_end(second, second_device);
    Space& relay = state.spaces[relay_name];
    relay.kind = Space::Kind::fabric;
    std::uint32_t pair =
        static_cast<std::uint32_t>(std::stoull(digest(words), nullptr, 16) % index_pairs);
    while (is_taken(relay, first_index + 2 * pair)) ++pair;
    a.name = stem + first_side;
    b.name = stem + second_side;
    a.index = first_index + 2 * pair;
    b.index = a.index + 1;
    a.mac = mac_of(words + " a");
    b.mac = mac_of(words + " b");
    first_device.peer = {relay_name, a.name};
    second_device.peer = {relay_name, b.name};
    relay.devices[a.name] = std::move(a);
    relay.devices[b.name] = std::move(b);
}

std::string other_relay_end(const std::string& device) {
    std::string out = device;
    if (!out.empty()) out.back() = out.back() == first_side ? second_side : first_side;
    return out;
}

State keep_relayed(const State& wish, const State& seen) {
    State out = wish;
    const auto relay = seen.spaces.find(relay_name);
    if (relay == seen.spaces.end()) return out;
    for (const auto& [name, device] : relay->second.devices) {
        const auto other = relay->second.devices.find(other_relay_end(name));
        if (name.empty() || name.back() != first_side || other == relay->second.devices.end())
            continue;
        const Device* wished = find_device(wish, device.peer);
        if (wished != nullptr && is_same_end(wished->peer, other->second.peer))
            lay_through_relay(out, device.peer);
    }
    return out;
}

}  // namespace topology
