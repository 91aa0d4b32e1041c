// By this labd and lab-init know whether a file is still what labd wrote. Change detection, no
// security: the node's root could have any file it likes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace labd {

// FNV-1a, 64 bits, in decimal.
inline std::string content_digest(std::string_view content) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return std::to_string(hash);
}

}  // namespace labd
