// Address translation on a router: where it happens, and which ports are sent inwards.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/ip.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace topology {

struct Masquerade {  // source NAT of what leaves private networks by this interface
    std::string interface;
    bool ipv4 = true, ipv6 = true;
    Where where;
    bool operator==(const Masquerade&) const = default;
};

struct Forward {                // destination NAT of what comes in by a masquerading interface
    std::string protocol;       // tcp or udp
    std::optional<Ip> address;  // any of the router's when there is none
    std::uint16_t port = 0;
    std::string node;  // to this one …
    std::uint16_t node_port = 0;
    Where where;
    bool operator==(const Forward&) const = default;
};

}  // namespace topology
