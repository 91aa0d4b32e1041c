// Which firewall rule drops packets, by the kernel's own word: while they are sent, each node on
// their way has them traced (nft(8), meta nftrace), and says what became of them.
#pragma once

#include "topology/ip.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace labd::check {

// Packets between two addresses: echo requests and replies, or of one port.
struct Traced {
    topology::Ip from, to;
    std::uint16_t port = 0;
    bool udp = false;
};

// A rule that drops packets, or that gives them another address.
struct RuleDrop {
    std::string chain;        // "chain forward of table inet filter"
    std::string rule;         // "tcp dport 80 drop", "policy drop"
    bool reject = false;      // the sender is told
    bool reply = false;       // it was on its way back
    bool translates = false;  // it drops nothing
};

// A script for sh: it says "@ready" when packets are traced, "@none" when they cannot be, and goes
// on until its stdin ends. Its table is owned by a process of its own, so that it is gone with it.
std::string trace_script(const Traced& traced);
// What the script says, read: hostile input. In the order in which it happened, each rule once.
std::vector<RuleDrop> read_trace(const std::string& text, const Traced& traced);

}  // namespace labd::check
