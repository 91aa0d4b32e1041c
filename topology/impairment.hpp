// What an end does to what it sends, in the measures of the kernel.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace topology {

// A packet of the usual length, where rates and delays are counted in packets.
inline constexpr double packet_bits = 1500 * 8;

// How likely something is, in steps of 2^-32: as netem counts, so that what is read back from the
// kernel compares equal.
struct Chance {
    std::uint32_t steps = 0;  // UINT32_MAX: always

    static Chance of(double fraction);  // 0 to 1
    double fraction() const;
    explicit operator bool() const { return steps != 0; }
    bool operator==(const Chance&) const = default;
};

struct Loss {
    enum class Model { random, gemodel, four_state } model = Model::random;
    Chance share;  // random: of each packet on its own
    // Gilbert and Elliott: into the bad state and out of it; what arrives in the bad and in the
    // good state.
    Chance p, r, h, k;
    // From a state to another: 1 arrives, 2 arrives within a burst, 3 lost in a burst, 4 lost
    // alone.
    Chance p13, p31, p32, p23, p14;
    bool operator==(const Loss&) const = default;
};

struct Queue {
    std::string kind;  // "fq_codel"; see queue.hpp
    // Those that are not the kernel's default, by key, in the option's unit.
    std::map<std::string, std::uint64_t> options;
    bool operator==(const Queue&) const = default;
};

enum class Distribution { uniform, normal, pareto, paretonormal };

struct Impairment {
    std::int64_t delay_ns = 0, jitter_ns = 0;
    Distribution distribution = Distribution::uniform;  // of the jitter
    bool keep_order = false;                            // jitter overtakes nobody
    std::optional<Loss> loss;
    Chance corrupt, duplicate;
    Chance reorder;                              // sent at once, before those that are delayed
    std::uint64_t rate_bits = 0;                 // a second; 0: as fast as it goes. A multiple of 8
    std::uint32_t burst_bytes = 0;               // sent at once at that rate; 0: see burst_of()
    std::optional<std::uint32_t> limit_packets;  // that wait; absent: see limit_of()
    std::optional<Queue> queue;
    std::optional<std::uint64_t> seed;
    bool netem_only = false;  // no substitute will do

    // Anything at all that happens to a packet.
    bool any() const;
    bool operator==(const Impairment&) const = default;
};

// What the link holds while packets are under way, and 1000 for those that wait to leave.
std::uint32_t limit_of(const Impairment& impairment);
// 5 ms at the rate, and two big frames at least.
std::uint32_t burst_of(const Impairment& impairment);

// "20ms", "0.1%", "10mbit": as the file would say it.
std::string time_text(std::int64_t ns);
std::string share_text(Chance chance);
std::string rate_text(std::uint64_t bits);

// Key and value of everything that is set, in the order of the language; a loss model and a queue
// with its options are one line each: "gemodel p 1% r 10% h 0% k 100%".
std::vector<std::pair<std::string, std::string>> impairment_words(const Impairment& impairment);
// The same, values as TOML.
std::vector<std::pair<std::string, std::string>> impairment_toml(const Impairment& impairment);

}  // namespace topology
