// Text to bytes and back. inet_pton is not used: it takes neither a string_view nor a scope we
// could refuse, and this file must accept exactly what RFC 4291 §2.2 writes, nothing more.
#include "topology/ip.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace topology {
namespace {

std::optional<unsigned> decimal(std::string_view text, unsigned most) {
    if (text.empty() || text.size() > 5) return std::nullopt;
    if (text.size() > 1 && text[0] == '0') return std::nullopt;  // 010 is 8 to some, 10 to others
    unsigned value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value > most) return std::nullopt;
    return value;
}

std::optional<unsigned> hexadecimal(std::string_view text, std::size_t most_digits) {
    if (text.empty() || text.size() > most_digits) return std::nullopt;
    unsigned value = 0;
    for (const char c : text) {
        unsigned digit = 0;
        if (c >= '0' && c <= '9')
            digit = static_cast<unsigned>(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = static_cast<unsigned>(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = static_cast<unsigned>(c - 'A') + 10;
        else
            return std::nullopt;
        value = value * 16 + digit;
    }
    return value;
}

// Splits at every separator; an empty text is one empty part.
template <std::size_t most>
std::optional<std::size_t> split(std::string_view text, char separator,
                                 std::array<std::string_view, most>& parts) {
    std::size_t count = 0;
    while (true) {
        if (count == most) return std::nullopt;
        const std::size_t end = text.find(separator);
        parts[count++] = text.substr(0, end);
        if (end == std::string_view::npos) return count;
        text.remove_prefix(end + 1);
    }
}

bool parse_ipv4(std::string_view text, std::uint8_t* out) {
    std::array<std::string_view, 4> parts;
    if (split(text, '.', parts) != 4) return false;
    for (std::size_t i = 0; i < 4; ++i) {
        const std::optional<unsigned> byte = decimal(parts[i], 255);
        if (!byte) return false;
        out[i] = static_cast<std::uint8_t>(*byte);
    }
    return true;
}

// Groups of one side of "::", the last one possibly dotted. Returns the bytes written.
std::optional<std::size_t> parse_groups(std::string_view text, std::array<std::uint8_t, 16>& out) {
    if (text.empty()) return 0;
    std::array<std::string_view, 8> parts;
    const std::optional<std::size_t> count = split(text, ':', parts);
    if (!count) return std::nullopt;
    std::size_t used = 0;
    for (std::size_t i = 0; i < *count; ++i) {
        if (i + 1 == *count && parts[i].find('.') != std::string_view::npos) {
            if (used > 12 || !parse_ipv4(parts[i], out.data() + used)) return std::nullopt;
            return used + 4;
        }
        const std::optional<unsigned> group = hexadecimal(parts[i], 4);
        if (!group || used > 14) return std::nullopt;
        out[used++] = static_cast<std::uint8_t>(*group >> 8);
        out[used++] = static_cast<std::uint8_t>(*group & 0xff);
    }
    return used;
}

std::optional<Ip> parse_ipv6(std::string_view text) {
    Ip ip;
    ip.family = Family::ipv6;
    const std::size_t gap = text.find("::");
    if (gap == std::string_view::npos) {
        const std::optional<std::size_t> used = parse_groups(text, ip.bytes);
        if (used != 16) return std::nullopt;
        return ip;
    }
    std::array<std::uint8_t, 16> head{}, tail{};
    const std::string_view before = text.substr(0, gap), after = text.substr(gap + 2);
    if (before.find('.') != std::string_view::npos) return std::nullopt;
    const std::optional<std::size_t> front = parse_groups(before, head);
    const std::optional<std::size_t> back = parse_groups(after, tail);
    // "::" stands for at least one group (RFC 4291 §2.2).
    if (!front || !back || *front + *back > 14) return std::nullopt;
    std::copy_n(head.begin(), *front, ip.bytes.begin());
    std::copy_n(tail.begin(), *back, ip.bytes.end() - static_cast<std::ptrdiff_t>(*back));
    return ip;
}

// RFC 5952 §4: lower case, no leading zeros, the longest run of two or more zero groups (the first
// of equal ones) becomes "::". IPv4-mapped addresses keep the dotted form (§5).
std::string ipv6_text(const std::array<std::uint8_t, 16>& bytes) {
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i)
        groups[i] = static_cast<unsigned>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    const bool mapped = std::all_of(groups.begin(), groups.begin() + 5,
                                    [](unsigned group) { return group == 0; }) &&
                        groups[5] == 0xffff;
    char buffer[32];
    if (mapped) {
        (void)std::snprintf(buffer, sizeof buffer, "::ffff:%u.%u.%u.%u", bytes[12], bytes[13],
                            bytes[14], bytes[15]);
        return buffer;
    }
    std::size_t best = 8, length = 1;
    for (std::size_t i = 0; i < 8;) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0) ++end;
        if (end - i > length) best = i, length = end - i;
        i = end + 1;
    }
    std::string text;
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == best) {
            text += "::";
            i += length - 1;
            continue;
        }
        if (!text.empty() && text.back() != ':') text += ':';
        text.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, groups[i], 16).ptr);
    }
    return text;
}

}  // namespace

std::optional<Ip> Ip::parse(std::string_view text) {
    if (text.find(':') != std::string_view::npos) return parse_ipv6(text);
    Ip ip;
    if (!parse_ipv4(text, ip.bytes.data())) return std::nullopt;
    return ip;
}

std::string Ip::text() const {
    if (family == Family::ipv6) return ipv6_text(bytes);
    char buffer[16];
    char* end = buffer;
    for (std::size_t i = 0; i < 4; ++i) {
        if (i != 0) *end++ = '.';
        end = std::to_chars(end, buffer + sizeof buffer, bytes[i]).ptr;
    }
    return {buffer, end};
}

bool Ip::is_link_local() const {
    if (family == Family::ipv4) return bytes[0] == 169 && bytes[1] == 254;
    return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

bool Ip::is_multicast() const {
    if (family == Family::ipv4) return (bytes[0] & 0xf0) == 0xe0;
    return bytes[0] == 0xff;
}

bool Ip::is_loopback() const {
    if (family == Family::ipv4) return bytes[0] == 127;
    return std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t b) { return b == 0; }) &&
           bytes[15] == 1;
}

bool Ip::is_unspecified() const {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::optional<Ip> ip = Ip::parse(text.substr(0, slash));
    if (!ip) return std::nullopt;
    const std::optional<unsigned> length = decimal(text.substr(slash + 1), ip->bits());
    if (!length) return std::nullopt;
    return Prefix{*ip, static_cast<std::uint8_t>(*length)};
}

std::string Prefix::text() const {
    return ip.text() + "/" + std::to_string(length);
}

Prefix Prefix::network() const {
    Prefix result = *this;
    for (std::size_t i = 0; i < ip.size(); ++i) {
        const std::size_t first = i * 8;
        if (first >= length)
            result.ip.bytes[i] = 0;
        else if (first + 8 > length)
            result.ip.bytes[i] &= static_cast<std::uint8_t>(0xff << (first + 8 - length));
    }
    return result;
}

bool Prefix::has_host_bits() const {
    return network().ip != ip;
}

bool Prefix::contains(const Ip& address) const {
    if (address.family != ip.family) return false;
    return Prefix{address, length}.network().ip == network().ip;
}

bool Prefix::overlaps(const Prefix& other) const {
    if (other.ip.family != ip.family) return false;
    return length <= other.length ? contains(other.ip) : other.contains(ip);
}

std::optional<Mac> Mac::parse(std::string_view text) {
    std::array<std::string_view, 6> parts;
    if (split(text, ':', parts) != 6) return std::nullopt;
    Mac mac;
    for (std::size_t i = 0; i < 6; ++i) {
        const std::optional<unsigned> byte = hexadecimal(parts[i], 2);
        if (!byte || parts[i].size() != 2) return std::nullopt;
        mac.bytes[i] = static_cast<std::uint8_t>(*byte);
    }
    return mac;
}

std::string Mac::text() const {
    char buffer[18];
    (void)std::snprintf(buffer, sizeof buffer, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
                        bytes[2], bytes[3], bytes[4], bytes[5]);
    return buffer;
}

bool Mac::is_zero() const {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

Ip Mac::link_local() const {
    Ip ip;
    ip.family = Family::ipv6;
    // RFC 4291 appendix A: ff:fe in the middle, the universal/local bit turned round.
    ip.bytes = {0xfe,     0x80,     0,
                0,        0,        0,
                0,        0,        static_cast<std::uint8_t>(bytes[0] ^ 2),
                bytes[1], bytes[2], 0xff,
                0xfe,     bytes[3], bytes[4],
                bytes[5]};
    return ip;
}

}  // namespace topology
