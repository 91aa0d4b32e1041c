// The network emulator: sch_netem.
#pragma once

#include "netlink/qdisc.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

namespace netlink {

// Chances are in steps of 2^-32, UINT32_MAX: always.
struct GilbertElliott {
    std::uint32_t p = 0, r = 0;  // into the bad state, and out of it
    std::uint32_t h = 0;         // what arrives in the bad state
    std::uint32_t lost = 0;      // in the good one: "1-k"
    bool operator==(const GilbertElliott&) const = default;
};
struct FourStates {
    std::uint32_t p13 = 0, p31 = 0, p32 = 0, p14 = 0, p23 = 0;
    bool operator==(const FourStates&) const = default;
};

struct Netem {
    std::int64_t latency_ns = 0, jitter_ns = 0;
    std::uint32_t limit = 1000;                                    // packets
    std::variant<std::uint32_t, GilbertElliott, FourStates> loss;  // the number: each on its own
    std::uint32_t duplicate = 0, corrupt = 0;
    std::uint32_t reorder = 0;          // sent at once, though others are delayed
    std::uint64_t rate = 0;             // bytes a second
    std::optional<std::uint64_t> seed;  // of the random numbers; kernels before 6.6 know none
    bool operator==(const Netem&) const = default;
};

// Every attribute is sent, zeroes as well: a change keeps what it does not name. Only a table of
// delays cannot be taken back: without `delays` the old one stays, so that a discipline which has
// one must make way for another.
Message put_netem(const QdiscAt& at, const Netem& netem, std::span<const std::int16_t> delays = {});
std::optional<Netem> parse_netem(const Qdisc& qdisc);

// Tables of delays, as many standard deviations as 1/8192 of an entry says.
using DelayTable = std::array<std::int16_t, 4096>;
DelayTable normal_delays();
DelayTable pareto_delays();
DelayTable pareto_normal_delays();

}  // namespace netlink
