// What one interface of a node has to do with the host's network, and what has to be undone for it:
// written down before it is done, so that whoever comes after a labd that died finds it.
#pragma once

#include "netlink/keepsake.hpp"

#include <map>
#include <optional>
#include <string>

namespace labd {

struct TieKey {
    std::string lab, space, device;
    auto operator<=>(const TieKey&) const = default;
};

struct HostTie {
    enum class Kind {
        uplink,  // a pair of which the other end is the host's, and what it sends is translated
        port,    // a pair of which the other end is a port of a bridge of the host
        moved,   // the host's interface itself
    } kind = Kind::uplink;
    TieKey key;
    std::string outside;  // as DeviceSettings has it: of `port` and `moved`
    std::string end;      // of a pair: what the other end is called
    // Of `moved`: what it was, and its settings under /proc/sys/net by their files.
    netlink::Keepsake kept;
    std::map<std::string, std::string> sysctls;
    bool operator==(const HostTie&) const = default;
};

std::string to_json(const HostTie& tie);
std::optional<HostTie> parse_host_tie(const std::string& text);

}  // namespace labd
