// What a network tells those who come without addresses: DHCP and router advertisements.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/ip.hpp"
#include "topology/text.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace topology {

struct Dhcp {
    bool own = false;  // x-dhcp = true: a server of the user's serves, labd does not
    Text server;       // NODE; "": the first router
    std::optional<std::pair<Ip, Ip>> range;  // IPv4, both ends included
    std::uint32_t lease_s = 3600;
    std::vector<Text> dns;  // NODE or address
    Where where;
    bool operator==(const Dhcp&) const = default;
};

struct Advertise {                     // of routers, RFC 4861
    bool slaac = true, onlink = true;  // of the network's prefix
    bool other = false;                // more is to be asked for by DHCPv6
    std::uint32_t lifetime_s = 1800;   // as a default router; 0: is none
    Where where;
    bool operator==(const Advertise&) const = default;
};

}  // namespace topology
