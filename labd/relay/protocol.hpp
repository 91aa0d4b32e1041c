// What labd says to a lab's relay: requests and answers as at a node's door
// (labd/init/protocol.hpp), on a listening SOCK_SEQPACKET socket in labd's run directory. The links
// live on without labd.
#pragma once

#include "labd/relay/settings.hpp"

#include <array>
#include <string>

namespace labd::relay {

enum class Request : std::uint32_t {
    add = 1,  // {name, u32 index, u32 index, Settings, Settings} + 2 fds: of each end of ours a
              // packet socket that is bound to nothing yet; an existing name is EEXIST
    change,   // {name, Settings, Settings}: ENOENT without such a link
    remove,   // {name}: what is under way on it is gone
    list,     // {u32 from}: {u32 of how many, u32 n, n × Linked} in the order of their names
    quit,     // {}: answered, then it ends
    answer = 100,  // {u32 errno, text, payload as said above}
};

// The first direction is what the first end hears and the second one sends.
struct Linked {
    std::string name;
    std::array<std::uint32_t, 2> index{};
    bool whole = true;  // else one of these interfaces has gone: it is to be removed
    std::array<Settings, 2> settings;
    std::array<Counters, 2> counters{};
};

inline constexpr std::size_t longest_name = 255;
inline constexpr std::uint32_t listed_at_once = 64;

inline void pack(protocol::Packer& packet, const Linked& link) {
    packet.text(link.name).u32(link.index[0]).u32(link.index[1]).u32(link.whole ? 1 : 0);
    for (const Settings& settings : link.settings) pack(packet, settings);
    for (const Counters& counters : link.counters) pack(packet, counters);
}
inline Linked unpack_linked(protocol::Unpacker& in) {
    Linked link;
    link.name = in.text();
    for (std::uint32_t& index : link.index) index = in.u32();
    link.whole = in.u32() != 0;
    for (Settings& settings : link.settings) settings = unpack_settings(in);
    for (Counters& counters : link.counters) counters = unpack_counters(in);
    return link;
}

}  // namespace labd::relay
