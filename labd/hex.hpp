// Eight hexadecimal digits.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

namespace labd {

inline std::string hex(std::uint32_t number) {
    std::array<char, 9> text{};
    (void)std::snprintf(text.data(), text.size(), "%08x", number);
    return text.data();
}

}  // namespace labd
