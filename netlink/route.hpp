// Routes: specs to requests, and what the kernel lists.
#pragma once

#include "netlink/address.hpp"
#include "netlink/message.hpp"
#include "netlink/socket.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace netlink {

struct Route {
    struct Hop {
        std::optional<Ip> via;    // may be IPv6 for an IPv4 destination
        std::uint32_t index = 0;  // of the interface; 0: the kernel finds it by `via`
        bool onlink = false;      // `via` is reachable there though no address says so
        bool operator==(const Hop&) const = default;
    };
    Ip destination;
    std::uint8_t length = 0;
    std::vector<Hop> hops;  // none: blackhole
    std::uint32_t metric = 0, table = 254;
    std::uint8_t protocol = 0;
    bool operator==(const Route&) const = default;
};

Message add_route(const Route& route);
// The one with the same destination, table and metric becomes this one.
Message replace_route(const Route& route);
Message remove_route(const Route& route);
// The one that the kernel itself makes to an address's network, for one that somebody has removed.
Message add_connected_route(const Address& address, std::uint32_t table);

// Of the socket's own namespace; only one protocol's when given. Listings of routes cannot name
// another namespace (no attribute for it up to 6.18).
std::vector<Route> routes(Socket& socket, std::optional<std::uint8_t> protocol = {});

// Where the kernel would send a packet, by its own word (ip-route(8), `get`).
struct Lookup {
    // As errno(3) has it: ENETUNREACH no route, EHOSTUNREACH an unreachable one or a packet that
    // came in where forwarding is off, EINVAL a blackhole or a martian, EXDEV rp_filter, EACCES.
    int error = 0;
    bool local = false;        // it is for this namespace itself
    std::uint32_t index = 0;   // of the interface that it leaves by
    std::optional<Ip> via;     // none: the destination is on that wire
    std::optional<Ip> source;  // what the kernel would send from
};
// Without `source` and `in` one of the namespace's own packets, else one that came in by the
// interface `in`; for that the kernel looks at forwarding and rp_filter, too (IPv4 alone).
Lookup look_up(Socket& socket, const Ip& destination, const std::optional<Ip>& source = {},
               std::uint32_t in = 0);

// nullopt when the frame is cut short or no unicast or blackhole route.
std::optional<Route> parse_route(const Frame& frame);

}  // namespace netlink
