// Firewalls that drop what a namespace forwards, unless a rule of theirs accepts it: no other
// table's accept is above a drop (nft(8), "verdicts").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace netlink {

struct ForwardDrop {
    std::string family, table, chain;  // "ip", "filter", "FORWARD", as nft(8) says them
    auto operator<=>(const ForwardDrop&) const = default;
};

// Base chains at the hook "forward" whose policy is drop. None where they may not be listed
// (CAP_NET_ADMIN), and none of iptables-legacy, which nf_tables does not know.
std::vector<ForwardDrop> forward_drops(int netns);

// What drops frames: a policy, or rules that end in drop, of the families bridge and netdev.
struct FrameDrop {
    std::string family, table, chain;
    std::uint64_t rule = 0;  // its handle, as `nft -a` says it; 0: the policy
    auto operator<=>(const FrameDrop&) const = default;
};

std::vector<FrameDrop> frame_drops(int netns);

}  // namespace netlink
