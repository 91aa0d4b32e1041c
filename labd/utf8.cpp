#include "labd/utf8.hpp"

#include <cstdint>

namespace labd {
namespace {

// Bytes of the character at the front, 0 when it is none (RFC 3629).
std::size_t character(std::string_view bytes) {
    const auto lead = static_cast<unsigned char>(bytes.front());
    std::size_t more = 0;
    std::uint32_t point = lead;
    if (lead >= 0xf0 && lead < 0xf5)
        more = 3, point = lead & 7U;
    else if (lead >= 0xe0 && lead < 0xf0)
        more = 2, point = lead & 15U;
    else if (lead >= 0xc2 && lead < 0xe0)
        more = 1, point = lead & 31U;
    else if (lead >= 0x80)
        return 0;
    if (more >= bytes.size()) return 0;
    for (std::size_t k = 1; k <= more; ++k) {
        const auto next = static_cast<unsigned char>(bytes[k]);
        if ((next & 0xc0) != 0x80) return 0;
        point = point << 6 | (next & 63U);
    }
    // Overlong forms, surrogates and what lies beyond Unicode.
    const bool wrong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000) ||
                       point > 0x10ffff || (point >= 0xd800 && point < 0xe000);
    return wrong ? 0 : more + 1;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t n = character(bytes);
        if (n == 0 || bytes.front() == '\0') return false;
        bytes.remove_prefix(n);
    }
    return true;
}

std::string to_utf8(std::string_view bytes) {
    std::string out;
    while (!bytes.empty()) {
        const std::size_t n = character(bytes);
        if (n == 0)
            out += "\xef\xbf\xbd";
        else
            out += bytes.substr(0, n);
        bytes.remove_prefix(n == 0 ? 1 : n);
    }
    return out;
}

std::string printable(std::string_view bytes) {
    std::string out;
    while (!bytes.empty()) {
        const std::size_t n = character(bytes);
        const auto byte = static_cast<unsigned char>(bytes.front());
        // U+0080 to U+009F are control characters, too (C1), of two bytes.
        const bool c1 = n == 2 && byte == 0xc2 && static_cast<unsigned char>(bytes[1]) < 0xa0;
        if (n == 0 || byte < 0x20 || byte == 0x7f || c1)
            out += '?';
        else
            out += bytes.substr(0, n);
        bytes.remove_prefix(n == 0 ? 1 : n);
    }
    return out;
}

}  // namespace labd
