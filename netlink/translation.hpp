// Source address translation for a few addresses, and what must not be forwarded beside it. One
// nf_tables table of the family inet that goes as it came: whole.
#pragma once

#include "netlink/address.hpp"
#include "netlink/error.hpp"

#include <string>
#include <vector>

namespace netlink {

struct Translation {
    // What these send on, another interface's address sends.
    std::vector<Ip> sources;
    // What comes in by such an interface comes from one of these, or is dropped.
    struct End {
        std::string device;
        std::vector<Ip> sources;
    };
    std::vector<End> ends;
    // What comes in by these goes nowhere but out by an interface whose name begins with `only_to`.
    std::vector<std::string> closed4, closed6;  // for IPv4, for IPv6
    std::string only_to;
    bool any() const { return !sources.empty(); }
};

// In a namespace: the table becomes this, at once; without sources it goes. Throws Error.
void set_translation(int netns, const std::string& table, const Translation& wish);
// Whether the table is there, with as many rules as that takes.
bool holds_translation(int netns, const std::string& table, const Translation& wish);

}  // namespace netlink
