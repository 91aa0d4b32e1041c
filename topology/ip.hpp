// Addresses as values: text to bytes and back, once, for the whole project.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace topology {

enum class Family : std::uint8_t { ipv4 = 4, ipv6 = 6 };

// An IPv4 or IPv6 address, network byte order. IPv4 uses the first four bytes, the rest is zero.
struct Ip {
    Family family = Family::ipv4;
    std::array<std::uint8_t, 16> bytes{};

    // nullopt when the text is not an address (RFC 4291 text for IPv6, dotted quad for IPv4).
    static std::optional<Ip> parse(std::string_view text);
    std::string text() const;  // canonical, RFC 5952
    std::size_t size() const { return family == Family::ipv4 ? 4 : 16; }
    std::uint8_t bits() const { return family == Family::ipv4 ? 32 : 128; }
    bool is_link_local() const;  // 169.254.0.0/16 or fe80::/10
    bool is_multicast() const;
    bool is_loopback() const;
    bool is_unspecified() const;

    auto operator<=>(const Ip&) const = default;
};

// An address with a prefix length. Host bits are kept: "10.0.0.5/24" is an interface's address,
// network() the network it lives in.
struct Prefix {
    Ip ip;
    std::uint8_t length = 0;

    static std::optional<Prefix> parse(std::string_view text);  // "/length" required
    std::string text() const;
    Prefix network() const;  // host bits cleared
    bool has_host_bits() const;
    bool contains(const Ip& address) const;
    bool overlaps(const Prefix& other) const;
    bool is_default() const { return length == 0; }
    // A single host: /32 or /128.
    bool is_host() const { return length == ip.bits(); }

    auto operator<=>(const Prefix&) const = default;
};

struct Mac {
    std::array<std::uint8_t, 6> bytes{};

    static std::optional<Mac> parse(std::string_view text);  // aa:bb:cc:dd:ee:ff
    std::string text() const;
    bool is_multicast() const { return (bytes[0] & 1) != 0; }
    bool is_zero() const;
    Ip link_local() const;  // fe80::/64 with the EUI-64 of this MAC

    auto operator<=>(const Mac&) const = default;
};

}  // namespace topology
