// See back_end.hpp.
#include "topology/back_end.hpp"

#include "topology/plan.hpp"
#include "topology/queue.hpp"
#include "topology/relay_link.hpp"

#include <algorithm>
#include <utility>

namespace topology {
namespace {

bool has_queue(const Impairment& i, const BackEnds& kernel) {
    return i.queue && !kernel.lacks_queues.contains(i.queue->kind);
}

// Each packet on its own: a filter remembers nothing of the last one.
bool filters_can(const Loss& loss) {
    return loss.model == Loss::Model::random;
}

// Leaves out what has no meaning beside the rest, and what follows from it anyway.
Impairment tidied(Impairment i, bool netem) {
    i.netem_only = false;
    if (!i.any()) return {};
    if (i.jitter_ns == 0) i.distribution = Distribution::uniform, i.keep_order = false;
    if (i.rate_bits == 0) i.burst_bytes = 0;
    if (!needs_netem(i)) i.seed.reset();
    // netem with a rate keeps the order by itself.
    if (i.rate_bits != 0 && !needs_bucket(i, netem)) i.keep_order = false;
    // Without netem a queue that is asked for has a limit of its own.
    const bool holds_packets = netem && needs_netem(i);
    if (!holds_packets && (i.rate_bits == 0 || i.queue)) i.limit_packets.reset();
    if (i.limit_packets) {
        Impairment derived = i;
        derived.limit_packets.reset();
        if (limit_of(derived) == *i.limit_packets) i.limit_packets.reset();
    }
    return i;
}

// What is left to the sending device, and what its peer does to what arrives there.
void without_netem(const Impairment& wish, const BackEnds& kernel, Impairment& sends,
                   Impairment& arrives) {
    if (kernel.filters) {
        if (wish.loss && filters_can(*wish.loss)) arrives.loss = wish.loss;
        arrives.corrupt = wish.corrupt;
        sends.duplicate = wish.duplicate;
    }
    if (kernel.shaper) {
        sends.rate_bits = wish.rate_bits;
        sends.burst_bytes = wish.burst_bytes;
        sends.limit_packets = wish.limit_packets;
    }
    if (has_queue(wish, kernel)) sends.queue = wish.queue;
    sends = tidied(sends, false);
}

// What takes the lab's relay: neither netem nor what stands in for it here does it.
bool needs_relay(const Impairment& i, const BackEnds& kernel) {
    if (kernel.netem) return false;
    const bool filtered = kernel.filters && (!i.loss || filters_can(*i.loss));
    return i.delay_ns != 0 || i.jitter_ns != 0 || i.reorder ||
           (!filtered && (i.loss || i.corrupt || i.duplicate)) ||
           (i.rate_bits != 0 && !kernel.shaper);
}

// Packets wait for the line where they are sent, in a queue of the kernel's if there is one; all
// else befalls them at the relay. As both tell it again.
void with_relay(const Impairment& wish, const BackEnds& kernel, Impairment& sends,
                Impairment& relay) {
    relay = wish;
    relay.netem_only = false;
    relay.queue.reset();
    if (relay.jitter_ns == 0) relay.distribution = Distribution::uniform, relay.keep_order = false;
    if (kernel.shaper && wish.rate_bits != 0) {
        sends.rate_bits = std::exchange(relay.rate_bits, 0);
        sends.burst_bytes = wish.burst_bytes;
        sends.limit_packets = std::exchange(relay.limit_packets, {});
    }
    if (relay.rate_bits == 0) relay.burst_bytes = 0;
    if (has_queue(wish, kernel)) sends.queue = wish.queue;
    sends = tidied(sends, false);
    Impairment derived = relay;
    derived.limit_packets.reset();
    if (relay.limit_packets == limit_of(derived)) relay.limit_packets.reset();
    if (!relay.any()) relay = {};
}

Device* find(State& state, const DeviceEnd& end) {
    const auto space = state.spaces.find(end.space);
    if (space == state.spaces.end()) return nullptr;
    const auto device = space->second.devices.find(end.device);
    return device == space->second.devices.end() ? nullptr : &device->second;
}

bool near(std::uint64_t a, std::uint64_t b, std::uint64_t by) {
    return std::max(a, b) - std::min(a, b) <= by;
}

bool same_queue(const Queue& wish, const Queue& seen) {
    const QueueKind* kind = find_queue(wish.kind);
    if (wish.kind != seen.kind || kind == nullptr) return false;
    return std::all_of(kind->options.begin(), kind->options.end(), [&](const QueueOption& option) {
        const auto value = [&](const Queue& queue) {
            const auto set = queue.options.find(std::string(option.key));
            return set == queue.options.end() ? option.standard : set->second;
        };
        // CoDel counts in 1024 ns, and a bucket keeps its burst as a time.
        const std::uint64_t by = option.unit == QueueUnit::microseconds ? 2
                                 : option.key == "burst"                ? value(wish) / 100 + 8
                                                                        : 0;
        return near(value(wish), value(seen), by);
    });
}

}  // namespace

const char* word(BackEnd back_end) {
    switch (back_end) {
        case BackEnd::netem:
            return "netem";
        case BackEnd::nft:
            return "nft";
        case BackEnd::relay:
            return "relay";
        case BackEnd::none:
            break;
    }
    return "none";
}

BackEnd back_end_of(const Impairment& impairment, const BackEnds& kernel) {
    if (!impairment.any()) return BackEnd::none;
    if (kernel.netem) return BackEnd::netem;
    return needs_relay(impairment, kernel) ? BackEnd::relay : BackEnd::nft;
}

bool needs_netem(const Impairment& i) {
    return i.delay_ns != 0 || i.loss || i.corrupt || i.duplicate ||
           (i.rate_bits != 0 && !needs_bucket(i, true));
}

bool needs_bucket(const Impairment& i, bool netem) {
    return i.rate_bits != 0 && (!netem || i.burst_bytes != 0 || i.queue);
}

std::vector<std::string> undone(const Impairment& i, const BackEnds& kernel) {
    std::vector<std::string> out;
    // Without netem the relay does whatever the filters do not, but for queues of the kernel's.
    const bool bucket = kernel.netem && i.rate_bits != 0 && needs_bucket(i, true);
    if (bucket && !kernel.shaper) out.emplace_back("rate");
    if (i.queue && !has_queue(i, kernel)) out.emplace_back("queue");
    // The numbers of a packet filter are drawn by the kernel, which nobody can tell where to begin.
    if (i.seed && (i.loss || i.corrupt || i.duplicate) && back_end_of(i, kernel) == BackEnd::nft)
        out.emplace_back("seed");
    return out;
}

void fit(State& state, const BackEnds& kernel) {
    std::vector<DeviceEnd> relayed;
    for (auto& [space, holds] : state.spaces)
        for (auto& [name, device] : holds.devices)
            if (std::exchange(device.relayed, false) || needs_relay(device.sends, kernel))
                relayed.push_back({space, name});
    for (const DeviceEnd& end : relayed) {
        const Device* device = find(state, end);
        if (device == nullptr || device->peer.space == relay_name) continue;
        const DeviceEnd far = device->peer;
        lay_through_relay(state, end);
        for (const DeviceEnd& sender : {end, far}) {
            Device* sends = find(state, sender);
            if (sends == nullptr) continue;
            if (Device* relay = find(state, sends->peer))
                with_relay(std::exchange(sends->sends, {}), kernel, sends->sends, relay->receives);
        }
    }
    for (auto& [space, holds] : state.spaces)
        for (auto& [name, device] : holds.devices) {
            if (device.peer.space == relay_name) continue;
            const Impairment wish = std::exchange(device.sends, {});
            if (!wish.any()) continue;
            if (kernel.netem) {
                device.sends = wish;
                if (!has_queue(wish, kernel)) device.sends.queue.reset();
                if (needs_bucket(device.sends, true) && !kernel.shaper) device.sends.rate_bits = 0;
                device.sends = tidied(device.sends, true);
            } else if (Device* peer = find(state, device.peer)) {
                without_netem(wish, kernel, device.sends, peer->receives);
            }
        }
}

Impairment in_words_of(const Impairment& wish, const Impairment& seen) {
    Impairment same = seen;
    if (!seen.seed) same.seed = wish.seed;
    if (limit_of(wish) == limit_of(seen)) same.limit_packets = wish.limit_packets;
    const std::uint64_t burst = burst_of(wish);
    if (near(burst, burst_of(seen), burst / 100 + 8)) same.burst_bytes = wish.burst_bytes;
    if (wish.queue && seen.queue && same_queue(*wish.queue, *seen.queue)) same.queue = wish.queue;
    // A filter's chance to double is worked out from the wish and back.
    if (near(wish.duplicate.steps, seen.duplicate.steps, 16)) same.duplicate = wish.duplicate;
    return same;
}

bool serves(const Impairment& wish, const Impairment& seen) {
    return in_words_of(wish, seen) == wish;
}

}  // namespace topology
