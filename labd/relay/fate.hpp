// What becomes of each frame of one direction. Pure: time comes in as a number, chances from a
// seed, so every decision can be tried without a network.
#pragma once

#include "labd/relay/loss.hpp"
#include "labd/relay/random.hpp"
#include "labd/relay/settings.hpp"

#include <array>
#include <chrono>
#include <cstddef>

namespace labd::relay {

// On CLOCK_MONOTONIC.
using Time = std::chrono::nanoseconds;

struct Departure {
    Time due{};
    bool corrupt = false;
};
// None: it is lost. Two: it is there twice.
struct Fate {
    std::array<Departure, 2> departures{};
    std::size_t count = 0;
};

class Direction {
  public:
    // `nonce` stands in for the seed where the settings have none, and tells the directions of a
    // seeded link apart.
    Direction(const Settings& settings, std::uint64_t nonce);
    // Chances go on unless the seed is another. What is under way keeps its fate, but by the time
    // returned it should have left: the delay may be less now.
    Time change(const Settings& settings, Time now);
    const Settings& settings() const { return settings_; }

    Fate meet(Time arrival, std::size_t bytes);
    // One departure has been made, or its frame thrown away.
    void leave() { --counters_.under_way; }
    Counters& counters() { return counters_; }
    const Counters& counters() const { return counters_; }
    Random& noise() { return noise_; }  // where a corrupted frame is hit

  private:
    void seed();
    Departure depart(Time arrival, std::size_t bytes);
    Time transmit(Time arrival, std::size_t bytes);
    Time spread();
    static bool happens(Share share, Random& random) {
        // Drawn in any case: one knob's setting must not move the chances of a later frame.
        const std::uint32_t chance = random.u32();
        return share != 0 && chance <= share;
    }

    Settings settings_;
    std::uint64_t nonce_;
    LossModel loss_;
    Random corrupt_, duplicate_, reorder_, jitter_, noise_;
    Counters counters_;
    Time line_free_{}, last_due_{};
};

}  // namespace labd::relay
