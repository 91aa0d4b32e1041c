#include "labd/birth_request.hpp"

#include <algorithm>

namespace labd {
namespace {

protocol::Level level_of(topology::Level level) {
    switch (level) {
        case topology::Level::open:
            return protocol::Level::open;
        case topology::Level::strict:
            return protocol::Level::strict;
        case topology::Level::lab:
            break;
    }
    return protocol::Level::lab;
}

// timens_offsets takes seconds of either sign and nanoseconds of one (time_namespaces(7)).
std::string offset(const char* clock, std::int64_t ns) {
    constexpr std::int64_t second = 1'000'000'000;
    std::int64_t seconds = ns / second, rest = ns % second;
    if (rest < 0) --seconds, rest += second;
    return std::string(clock) + " " + std::to_string(seconds) + " " + std::to_string(rest) + "\n";
}

}  // namespace

protocol::Birth birth_of(const topology::Lab& lab, const topology::Node& node) {
    protocol::Birth birth;
    birth.node = node.name;
    birth.hostname = node.hostname.empty() ? node.name : node.hostname;
    birth.level = level_of(lab.level_of(node));
    if (node.root) birth.root = node.root->text;
    if (node.clock)
        birth.clock = offset("monotonic", node.clock->monotonic_ns) +
                      offset("boottime", node.clock->boottime_ns);
    // A bound of its own beside the control group, and the only one where there is none.
    birth.pids = std::max(node.limits.pids.value_or(0), birth.pids);
    return birth;
}

}  // namespace labd
