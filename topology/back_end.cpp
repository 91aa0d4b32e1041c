// See back_end.hpp.
#include "topology/back_end.hpp"

#include "topology/plan.hpp"
#include "topology/queue.hpp"

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
        // CoDel counts in 1024 ns.
        const std::uint64_t by = option.unit == QueueUnit::microseconds ? 2 : 0;
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
    return kernel.netem ? BackEnd::netem : BackEnd::nft;
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
    const auto lacks = [&](bool set, bool can, const char* key) {
        if (set && !can) out.emplace_back(key);
    };
    const bool netem = kernel.netem;
    lacks(i.delay_ns != 0, netem, "delay");
    lacks(i.jitter_ns != 0, netem, "jitter");
    lacks(i.loss.has_value(), netem || (kernel.filters && (!i.loss || filters_can(*i.loss))),
          "loss");
    lacks(bool(i.corrupt), netem || kernel.filters, "corrupt");
    lacks(bool(i.duplicate), netem || kernel.filters, "duplicate");
    lacks(bool(i.reorder), netem, "reorder");
    lacks(i.rate_bits != 0, kernel.shaper || (netem && !needs_bucket(i, netem)), "rate");
    lacks(i.queue.has_value(), has_queue(i, kernel), "queue");
    return out;
}

void fit(State& state, const BackEnds& kernel) {
    for (auto& [space, holds] : state.spaces)
        for (auto& [name, device] : holds.devices) {
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

bool serves(const Impairment& wish, const Impairment& seen) {
    Impairment same = seen;
    if (!seen.seed) same.seed = wish.seed;
    if (limit_of(wish) == limit_of(seen)) same.limit_packets = wish.limit_packets;
    const std::uint64_t burst = burst_of(wish);
    if (near(burst, burst_of(seen), burst / 100 + 8)) same.burst_bytes = wish.burst_bytes;
    if (wish.queue && seen.queue && same_queue(*wish.queue, *seen.queue)) same.queue = wish.queue;
    // A filter's chance to double is worked out from the wish and back.
    if (near(wish.duplicate.steps, seen.duplicate.steps, 16)) same.duplicate = wish.duplicate;
    return same == wish;
}

}  // namespace topology
