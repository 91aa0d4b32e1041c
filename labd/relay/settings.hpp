// What one direction of a relayed link does to the frames that its end sends, and what has become
// of them: plain values, and how they travel between labd and the relay.
#pragma once

#include "labd/init/protocol.hpp"

#include <array>
#include <cstdint>

namespace labd::relay {

// A probability as netem has it: of 2³² − 1. Nothing that comes over a socket can be no number.
using Share = std::uint32_t;
inline constexpr Share always = 0xffffffff;

struct Loss {
    enum class Model : std::uint32_t {
        none,
        each,             // every frame by itself: share[0]
        gilbert_elliott,  // good → bad, bad → good, lost when bad, lost when good
        four_state,       // p13, p31, p32, p23, p14 of tc-netem(8)
    };
    Model model = Model::none;
    std::array<Share, 5> share{};
    bool operator==(const Loss&) const = default;
};

// How jitter spreads: delay ± jitter evenly, or with jitter as the deviation of the others.
enum class Distribution : std::uint32_t { uniform, normal, pareto, paretonormal };

struct Settings {
    std::uint64_t delay_ns = 0, jitter_ns = 0;
    Distribution distribution = Distribution::uniform;
    bool keep_order = false;  // although the jitter would have some frames overtake others
    Loss loss;
    Share corrupt = 0, duplicate = 0, reorder = 0;
    std::uint64_t rate_bits = 0;    // a second; 0 = as fast as it goes
    std::uint64_t burst_bytes = 0;  // that may leave at once before the rate holds
    std::uint32_t limit = 1000;     // frames that may be under way
    bool seeded = false;            // the same frames meet the same fate again
    std::uint64_t seed = 0;
    bool operator==(const Settings&) const = default;

    // Some of these are about packets as they are on a wire: a frame that is many of them in one
    // is taken apart first.
    bool is_per_packet() const {
        return loss.model != Loss::Model::none || corrupt != 0 || duplicate != 0 || reorder != 0 ||
               rate_bits != 0;
    }
};

inline constexpr std::uint64_t longest_ns = 600ull * 1000 * 1000 * 1000;
inline constexpr std::uint64_t most_bits = 1ull << 50;

inline bool is_sound(const Settings& s) {
    return s.delay_ns <= longest_ns && s.jitter_ns <= longest_ns &&
           s.distribution <= Distribution::paretonormal &&
           s.loss.model <= Loss::Model::four_state && s.rate_bits <= most_bits &&
           s.burst_bytes <= most_bits && s.limit > 0;
}

struct Counters {
    std::uint64_t received = 0, received_bytes = 0;
    std::uint64_t sent = 0, sent_bytes = 0;
    std::uint64_t lost = 0, corrupted = 0, duplicated = 0, reordered = 0;
    std::uint64_t over_limit = 0;
    std::uint64_t unsent = 0;   // what the kernel did not take
    std::uint64_t unheard = 0;  // came faster than the relay could read
    std::uint64_t under_way = 0;
    bool operator==(const Counters&) const = default;
};

// ---------------------------------------------------------------- on the socket

inline void pack(protocol::Packer& packet, std::uint64_t value) {
    packet.u32(static_cast<std::uint32_t>(value)).u32(static_cast<std::uint32_t>(value >> 32));
}
inline std::uint64_t unpack_u64(protocol::Unpacker& in) {
    const std::uint64_t low = in.u32();
    return low | std::uint64_t{in.u32()} << 32;
}

inline void pack(protocol::Packer& packet, const Settings& s) {
    pack(packet, s.delay_ns);
    pack(packet, s.jitter_ns);
    packet.u32(static_cast<std::uint32_t>(s.distribution)).u32(s.keep_order ? 1 : 0);
    packet.u32(static_cast<std::uint32_t>(s.loss.model));
    for (const Share share : s.loss.share) packet.u32(share);
    packet.u32(s.corrupt).u32(s.duplicate).u32(s.reorder);
    pack(packet, s.rate_bits);
    pack(packet, s.burst_bytes);
    packet.u32(s.limit).u32(s.seeded ? 1 : 0);
    pack(packet, s.seed);
}
inline Settings unpack_settings(protocol::Unpacker& in) {
    Settings s;
    s.delay_ns = unpack_u64(in);
    s.jitter_ns = unpack_u64(in);
    s.distribution = static_cast<Distribution>(in.u32());
    s.keep_order = in.u32() != 0;
    s.loss.model = static_cast<Loss::Model>(in.u32());
    for (Share& share : s.loss.share) share = in.u32();
    s.corrupt = in.u32();
    s.duplicate = in.u32();
    s.reorder = in.u32();
    s.rate_bits = unpack_u64(in);
    s.burst_bytes = unpack_u64(in);
    s.limit = in.u32();
    s.seeded = in.u32() != 0;
    s.seed = unpack_u64(in);
    return s;
}

// In the order of the struct.
template <class C, class Visit>
void each_counter(C& counters, const Visit& visit) {
    visit(counters.received);
    visit(counters.received_bytes);
    visit(counters.sent);
    visit(counters.sent_bytes);
    visit(counters.lost);
    visit(counters.corrupted);
    visit(counters.duplicated);
    visit(counters.reordered);
    visit(counters.over_limit);
    visit(counters.unsent);
    visit(counters.unheard);
    visit(counters.under_way);
}
inline void pack(protocol::Packer& packet, const Counters& counters) {
    each_counter(counters, [&](std::uint64_t value) { pack(packet, value); });
}
inline Counters unpack_counters(protocol::Unpacker& in) {
    Counters counters;
    each_counter(counters, [&](std::uint64_t& value) { value = unpack_u64(in); });
    return counters;
}

}  // namespace labd::relay
