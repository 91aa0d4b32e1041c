// What packet filters do to a device's traffic at the netdev hooks: drop, damage or double a share
// of it. One nf_tables table of labd's own in a namespace holds a chain for each device and way.
#pragma once

#include "netlink/error.hpp"
#include "netlink/message.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace netlink {

// Chances are in steps of 2^-32, UINT32_MAX: always.
struct Filter {
    // Of what the device receives. Dropped on the way out, the sender would be told of it, and
    // would send again.
    std::uint32_t drop = 0, damage = 0;
    // Of what it sends.
    std::uint32_t twice = 0;
    bool any() const { return drop != 0 || damage != 0 || twice != 0; }
    bool operator==(const Filter&) const = default;
};

// In a namespace: replaces what there was for the device; nothing of it is left where the filter
// does nothing. Throws Error.
void set_filter(int netns, const std::string& device, std::uint32_t index, const Filter& filter);

// By device. Empty where the kernel has no nf_tables.
std::map<std::string, Filter> filters(int netns);

}  // namespace netlink
