// What a node's network stands on beside its own devices, addresses and routes: what it was born
// with, and what the kernel has added to an address by itself.
#pragma once

#include "topology/ip.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace topology {

struct Node;

// A rule that every namespace is born with (ip-rule(8)): it looks at a table for every packet.
struct BornRule {
    Family family = Family::ipv4;
    std::uint32_t priority = 0, table = 0;
    auto operator<=>(const BornRule&) const = default;
    std::string text() const;  // "rule 32766 of IPv4, to table 254"
};

struct Ground {
    // Of a wish, `open` is whatever the node's own programs make of it. Of what is seen, `open` is
    // not looked at, and `partly` on at some of its interfaces and off at others.
    enum class Forwarding : std::uint8_t { open, off, on, partly };
    Forwarding ipv4 = Forwarding::open, ipv6 = Forwarding::open;
    bool loopback = true;    // lo is up
    bool own_rules = false;  // of a wish: the node's own programs say which rules there are
    bool own_flags = false;  // of a wish: and whether its interfaces speak ARP and hear multicast
    bool own_link_local = false;  // of a wish: and what IPv6 makes of them; or there is none
    bool own_loopback = false;    // of a wish: and what lo holds, or whether it speaks IPv6
    // Missing; a wish has none. What lo is born with. Of labd's addresses by device those whose
    // network has no route that the kernel had made with them.
    std::set<BornRule> rules;
    std::set<Prefix> loopbacks;
    std::map<std::string, std::set<Prefix>> routes;
    // Interfaces of labd's that do not; a wish has none.
    std::set<std::string> no_arp, no_multicast;
    // Those on which the kernel has made a link-local address that is there no more.
    std::set<std::string> no_link_local;
    bool operator==(const Ground&) const = default;
};
// 127.0.0.1/8 and ::1/128
std::vector<Prefix> born_loopbacks();
// In its commands, its files and the keys of its sysctls.
bool speaks_of(const Node& node, std::string_view what);
const char* word(Ground::Forwarding forwarding);

// What a node is to stand on. Who speaks of forwarding or of rules in its own commands and files
// decides on them.
Ground ground_of(const Node& node);

// What is seen, where both look; elsewhere it is as wished.
Ground heeded(const Ground& wish, Ground seen);

}  // namespace topology
