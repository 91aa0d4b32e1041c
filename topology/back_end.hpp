// What the running kernel can do to what links carry, and what becomes of a wish there. netem does
// everything; without it packet filters lose, damage and double, a token bucket holds the rate, and
// the rest is for a relay of labd's own.
#pragma once

#include "topology/impairment.hpp"

#include <set>
#include <string>
#include <vector>

namespace topology {

struct State;

// Who does it at an end.
// The less of the kernel does it, the later.
enum class BackEnd { none, netem, nft, relay };
const char* word(BackEnd back_end);

struct BackEnds {  // of a kernel; by default it has everything
    bool netem = true;
    bool filters = true;  // nf_tables at the netdev hooks, both ways
    bool shaper = true;   // tbf
    std::set<std::string> lacks_queues{};
    bool uplink_ipv6 = true;  // the host can forward it for a lab and stay what it is
    bool operator==(const BackEnds&) const = default;
};

BackEnd back_end_of(const Impairment& impairment, const BackEnds& kernel);

// Keys of what is asked for and this kernel cannot do, in the order of the language.
std::vector<std::string> undone(const Impairment& impairment, const BackEnds& kernel);

// Makes of every Device::sends, as the file has it, what the kernel is to hold: what netem would do
// and cannot moves to the peer's `receives`, and nothing is left that could not be read back.
void fit(State& state, const BackEnds& kernel);

// netem is needed at an end; else what is left is for the token bucket and the queue.
bool needs_netem(const Impairment& impairment);
// A token bucket of its own: netem's has neither a burst nor another queue than its own.
bool needs_bucket(const Impairment& impairment, bool netem);

// What the kernel shows, in the wish's own numbers where they mean the same: it rounds times and
// sizes, and older ones keep no seed.
Impairment in_words_of(const Impairment& wish, const Impairment& seen);
// Whether it is what was wished.
bool serves(const Impairment& wish, const Impairment& seen);

}  // namespace topology
