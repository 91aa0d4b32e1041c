// What the requests to a node's door share.
#pragma once

#include "labd/init/protocol.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace labd::door {

// Root of a node can stop its own init for as long as it likes; labd does not wait with it. A
// service that is stopped has its own grace first.
inline constexpr std::chrono::seconds answer_limit{10}, stop_limit{90}, line_limit{2};
// Whoever only looks has somebody waiting who did not ask for this node.
inline constexpr std::chrono::seconds look_limit{3};

inline std::uint32_t code(protocol::Door type) {
    return static_cast<std::uint32_t>(type);
}

// What lab-init says reaches terminals and logs: no control bytes, bounded.
inline std::string tame(std::string text, std::size_t limit) {
    if (text.size() > limit) text.erase(0, text.size() - limit);
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') c = '?';
    return text;
}

}  // namespace labd::door
