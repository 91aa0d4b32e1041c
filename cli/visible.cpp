#include "cli/visible.hpp"

#include "cli/render.hpp"

#include <cstdint>
#include <cstdio>

namespace cli {
namespace {

struct Sign {
    std::size_t bytes = 1;
    std::uint32_t code = 0;  // 0: no UTF-8
};

Sign next_sign(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {1, first};
    const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
    if (bytes == 1 || first >= 0xf5 || text.size() < bytes) return {};
    std::uint32_t code = first & (0xffU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        code = code << 6 | (byte(i) & 0x3fU);
    }
    return {bytes, code};
}

bool drives_a_terminal(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e || code == 0x200f ||
           code == 0x2028 || code == 0x2029 || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

std::string shown(std::string_view text, const Sign& sign) {
    char out[16];
    if (text.front() == '\n') return "\\n";
    if (text.front() == '\t') return "\\t";
    if (sign.bytes == 1 && (text.front() & 0x80) != 0) {  // no UTF-8
        (void)std::snprintf(out, sizeof out, "\\x%02x", static_cast<unsigned char>(text.front()));
        return out;
    }
    if (!drives_a_terminal(sign.code)) return std::string(text.substr(0, sign.bytes));
    (void)std::snprintf(out, sizeof out, sign.code < 0x80 ? "\\x%02x" : "\\u%04x", sign.code);
    return out;
}

}  // namespace

std::string visible(std::string_view text) {
    return visible(text, static_cast<std::size_t>(-1));
}

std::string visible(std::string_view text, std::size_t columns) {
    std::string out;
    std::size_t taken = 0;
    while (!text.empty()) {
        const Sign sign = next_sign(text);
        const std::string one = shown(text, sign);
        taken += width(one);
        if (taken > columns) return out + "…";
        out += one;
        text.remove_prefix(sign.bytes);
    }
    return out;
}

}  // namespace cli
