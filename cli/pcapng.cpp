#include "cli/pcapng.hpp"

#include <array>
#include <cstdio>
#include <cstring>

namespace cli::pcapng {
namespace {

constexpr std::uint32_t section_block = 0x0A0D0D0A, interface_block = 1, statistics_block = 5,
                        packet_block = 6;
constexpr std::uint16_t linktype_ethernet = 1, linktype_raw = 101;
constexpr std::size_t head = 8, tail = 4;  // type and length before, length after

template <class Number>
void put(std::string& out, Number value) {
    std::array<char, sizeof value> bytes{};
    std::memcpy(bytes.data(), &value, sizeof value);
    out.append(bytes.data(), bytes.size());
}

void pad(std::string& out) {
    out.append((4 - out.size() % 4) % 4, '\0');
}

void option(std::string& out, std::uint16_t code, std::string_view value) {
    if (value.empty()) return;
    put(out, code);
    put(out, static_cast<std::uint16_t>(value.size()));
    out += value;
    pad(out);
}

template <class Number>
void number_option(std::string& out, std::uint16_t code, Number value) {
    std::string bytes;
    put(bytes, value);
    option(out, code, bytes);
}

void end_of_options(std::string& out) {
    put(out, std::uint32_t{0});
}

void time(std::string& out, std::uint64_t time_ns) {
    put(out, static_cast<std::uint32_t>(time_ns >> 32));
    put(out, static_cast<std::uint32_t>(time_ns));
}

void block(std::string& out, std::uint32_t type, std::string_view body) {
    const auto length = static_cast<std::uint32_t>(head + body.size() + tail);
    put(out, type);
    put(out, length);
    out += body;
    put(out, length);
}

std::string mac_bytes(const std::string& mac) {
    std::array<unsigned, 6> parts{};
    if (std::sscanf(mac.c_str(), "%x:%x:%x:%x:%x:%x", &parts[0], &parts[1], &parts[2], &parts[3],
                    &parts[4], &parts[5]) != 6)
        return "";
    std::string out;
    for (const unsigned part : parts) out += static_cast<char>(part);
    return out;
}

void interface(std::string& out, const Interface& what) {
    constexpr std::uint16_t name = 2, description = 3, mac = 6, resolution = 9, filter = 11;
    std::string body;
    put(body, what.ethernet ? linktype_ethernet : linktype_raw);
    put(body, std::uint16_t{0});
    put(body, what.snaplen);
    option(body, name, what.name);
    option(body, description, what.description);
    option(body, mac, mac_bytes(what.mac));
    option(body, resolution, "\x09");  // 10^-9 s
    // 0: the text that follows is a filter of libpcap.
    if (!what.filter.empty()) option(body, filter, std::string(1, '\0') + what.filter);
    end_of_options(body);
    block(out, interface_block, body);
}

}  // namespace

void section(std::string& out, const std::string& program,
             const std::vector<Interface>& interfaces) {
    constexpr std::uint16_t user_application = 4;
    std::string body;
    put(body, std::uint32_t{0x1A2B3C4D});
    put(body, std::uint16_t{1});  // version 1.0
    put(body, std::uint16_t{0});
    put(body, std::int64_t{-1});  // how long it is nobody knows yet
    option(body, user_application, program);
    end_of_options(body);
    block(out, section_block, body);
    for (const Interface& one : interfaces) interface(out, one);
}

void packet(std::string& out, const Packet& what) {
    constexpr std::uint16_t flags = 2;
    // Written straight: this is the block that there are many of.
    const bool flagged = what.direction != Direction::unknown;
    const std::size_t padded = (what.bytes.size() + 3) / 4 * 4;
    const auto length = static_cast<std::uint32_t>(head + 20 + padded + (flagged ? 12 : 0) + tail);
    put(out, packet_block);
    put(out, length);
    put(out, what.interface);
    time(out, what.time_ns);
    put(out, static_cast<std::uint32_t>(what.bytes.size()));
    put(out, what.length);
    out += what.bytes;
    out.append(padded - what.bytes.size(), '\0');
    if (flagged) {
        number_option(out, flags, static_cast<std::uint32_t>(what.direction));
        end_of_options(out);
    }
    put(out, length);
}

void statistics(std::string& out, std::uint32_t interface, std::uint64_t time_ns,
                const Counts& counts) {
    constexpr std::uint16_t received = 4, dropped = 5;
    std::string body;
    put(body, interface);
    time(body, time_ns);
    number_option(body, received, counts.received);
    number_option(body, dropped, counts.dropped);
    end_of_options(body);
    block(out, statistics_block, body);
}

std::size_t whole_blocks(std::string_view bytes) {
    std::size_t whole = 0;
    while (bytes.size() - whole >= head) {
        std::uint32_t length = 0;
        std::memcpy(&length, bytes.data() + whole + 4, sizeof length);
        if (length < head + tail || bytes.size() - whole < length) break;
        whole += length;
    }
    return whole;
}

}  // namespace cli::pcapng
