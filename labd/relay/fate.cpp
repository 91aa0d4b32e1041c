#include "labd/relay/fate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace labd::relay {
namespace {

// As netem's tables end: nothing is further out than four deviations.
constexpr double furthest = 4;

double normal(Random& random) {
    const double radius = std::sqrt(-2 * std::log(random.unit()));
    return std::clamp(radius * std::cos(2 * std::numbers::pi * random.unit()), -furthest, furthest);
}

// What iproute2's pareto.dist is made of: shape 3, scaled to mean 0.
double pareto(Random& random) {
    return std::min((std::pow(random.unit(), -1.0 / 3) - 1.5) * 4 / 3, furthest);
}

double deviation(Distribution distribution, Random& random) {
    switch (distribution) {
        case Distribution::uniform:
            break;
        case Distribution::normal:
            return normal(random);
        case Distribution::pareto:
            return pareto(random);
        case Distribution::paretonormal:
            return 0.25 * normal(random) + 0.75 * pareto(random);
    }
    return 2 * random.unit() - 1;
}

Time nanoseconds(std::uint64_t value) {
    return Time(static_cast<Time::rep>(value));
}

}  // namespace

Direction::Direction(const Settings& settings, std::uint64_t nonce)
    : settings_(settings), nonce_(nonce) {
    seed();
}

void Direction::seed() {
    const Random all(settings_.seeded ? settings_.seed * 2 + nonce_ % 2 : nonce_);
    loss_ = LossModel(settings_.loss, all.stream(1));
    corrupt_ = all.stream(2);
    duplicate_ = all.stream(3);
    reorder_ = all.stream(4);
    jitter_ = all.stream(5);
    noise_ = all.stream(6);
}

Time Direction::change(const Settings& settings, Time now) {
    const bool same = settings.seeded == settings_.seeded && settings.seed == settings_.seed;
    settings_ = settings;
    if (same)
        loss_.change(settings.loss);
    else
        seed();
    // A line that is still busy by the old rate is left to become free.
    if (settings.rate_bits != 0) return Time::max();
    line_free_ = {};
    const double reach = settings.distribution == Distribution::uniform ? 1 : furthest;
    const Time latest =
        now + nanoseconds(settings.delay_ns) +
        Time(static_cast<Time::rep>(reach * static_cast<double>(settings.jitter_ns)));
    last_due_ = std::min(last_due_, latest);
    return latest;
}

// In netem's order: a copy that is lost leaves one of two.
Fate Direction::meet(Time arrival, std::size_t bytes) {
    Fate fate;
    ++counters_.received;
    counters_.received_bytes += bytes;
    std::size_t copies = 1;
    if (happens(settings_.duplicate, duplicate_)) {
        ++copies;
        ++counters_.duplicated;
    }
    if (loss_.loses()) {
        --copies;
        ++counters_.lost;
    }
    for (; copies > 0; --copies) {
        const bool corrupt = happens(settings_.corrupt, corrupt_);
        if (counters_.under_way >= settings_.limit) {
            ++counters_.over_limit;
            continue;
        }
        if (corrupt) ++counters_.corrupted;
        ++counters_.under_way;
        Departure departure = depart(arrival, bytes);
        departure.corrupt = corrupt;
        fate.departures[fate.count++] = departure;
    }
    return fate;
}

Departure Direction::depart(Time arrival, std::size_t bytes) {
    Departure out;
    const Time on_wire = transmit(arrival, bytes);
    const Time jitter = spread();
    if (happens(settings_.reorder, reorder_)) {
        // It overtakes everything that waits out the delay.
        ++counters_.reordered;
        out.due = on_wire;
        return out;
    }
    out.due = std::max(on_wire, on_wire + nanoseconds(settings_.delay_ns) + jitter);
    if (settings_.jitter_ns == 0 || settings_.keep_order) {
        out.due = std::max(out.due, last_due_);
        last_due_ = out.due;
    }
    return out;
}

// When its last bit has left, one frame after the other.
Time Direction::transmit(Time arrival, std::size_t bytes) {
    if (settings_.rate_bits == 0) return arrival;
    const double bits_per_ns = static_cast<double>(settings_.rate_bits) * 1e-9;
    const auto takes = [&](std::uint64_t count) {
        const double ns = static_cast<double>(count) * 8 / bits_per_ns;
        return Time(static_cast<Time::rep>(std::min(ns, static_cast<double>(longest_ns))));
    };
    line_free_ = std::max(line_free_, arrival - takes(settings_.burst_bytes)) + takes(bytes);
    return std::max(arrival, line_free_);
}

Time Direction::spread() {
    if (settings_.jitter_ns == 0) return {};
    return Time(static_cast<Time::rep>(deviation(settings_.distribution, jitter_) *
                                       static_cast<double>(settings_.jitter_ns)));
}

}  // namespace labd::relay
