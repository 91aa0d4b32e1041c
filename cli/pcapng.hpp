// pcapng (draft-ietf-opsawg-pcapng): one section, an interface for each point, nanoseconds. In the
// byte order of this machine, which the section says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cli::pcapng {

struct Interface {
    std::string name;         // "r1:eth0"
    std::string description;  // "node r1, link h1--r1"
    std::string mac;          // "02:00:…", "" = none
    std::string filter;       // as written, "" = none
    bool ethernet = true;     // else the packets begin with their IP header
    std::uint32_t snaplen = 0;
};

enum class Direction : std::uint8_t { unknown, in, out };

struct Packet {
    std::uint32_t interface = 0;  // its place in the list
    std::uint64_t time_ns = 0;    // since 1970
    std::uint32_t length = 0;     // on the wire
    Direction direction = Direction::unknown;
    std::string bytes;  // as far as they were captured
};

struct Counts {  // of one interface
    std::uint64_t received = 0, dropped = 0;
};

// Each appends whole blocks.
void section(std::string& out, const std::string& program,
             const std::vector<Interface>& interfaces);
void packet(std::string& out, const Packet& packet);
void statistics(std::string& out, std::uint32_t interface, std::uint64_t time_ns,
                const Counts& counts);

// How much of `bytes`, which begin with a block, is whole blocks.
std::size_t whole_blocks(std::string_view bytes);

}  // namespace cli::pcapng
