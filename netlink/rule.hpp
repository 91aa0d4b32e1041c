// Rules that say which routing table is looked at (ip-rule(8)): those that a namespace is born
// with.
#pragma once

#include "netlink/frame.hpp"
#include "netlink/message.hpp"
#include "netlink/socket.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace netlink {

struct Rule {
    std::uint8_t family = 0;  // AF_INET, AF_INET6
    std::uint32_t priority = 0, table = 0;
    bool operator==(const Rule&) const = default;
};
// 0 local, 32766 main, and of IPv4 32767 default (net/ipv4/fib_rules.c, net/ipv6/fib6_rules.c).
std::vector<Rule> born_rules();

// Those of the socket's namespace that look at a table whatever the packet is.
std::vector<Rule> plain_rules(Socket& socket);

// Those that an administrator has made: ip-rule(8) writes nothing of who asks for them, or "boot"
// or "static" when it is told to.
std::vector<Rule> rules_by_hand(Socket& socket);

Message add_rule(const Rule& rule);

// nullopt when the frame is cut short, or a rule that asks for something.
std::optional<Rule> parse_plain_rule(const Frame& frame);

}  // namespace netlink
