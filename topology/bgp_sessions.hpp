// Who speaks BGP with whom, and what each tells: for frr.conf, and for what a lab may expect of it.
#pragma once

#include "topology/configure.hpp"

#include <optional>
#include <string>
#include <vector>

namespace topology {

struct BgpSession {
    std::size_t other = 0;            // node
    std::string peer;                 // address, or our interface when unnumbered
    bool ipv4 = false, ipv6 = false;  // what it carries
    bool unnumbered = false;          // the peer is an interface, behind which there is just one
    std::optional<std::size_t> port;  // our interface on the shared network; none: by loopbacks
    std::string source;               // our loopback
    bool internal = false;            // iBGP
    bool client = false;              // of this reflector

    bool carries(Family family) const { return family == Family::ipv4 ? ipv4 : ipv6; }
};

// The sessions that a speaker with a number opens.
std::vector<BgpSession> bgp_sessions(const Speakers& speakers, std::size_t node);

// What its `announce` stands for.
std::vector<Prefix> bgp_networks(const Speakers& speakers, std::size_t index, Family family);

// What the system's other members announce of their loopbacks, out of a border. Over iBGP alone
// bgpd would not: the next hop of 10.255.0.1/32 is 10.255.0.1 itself, and bgpd takes such a path
// for unusable. The IGP knows better, and knows when a member is gone.
struct BgpMember {
    std::size_t node = 0;
    Prefix loopback;
};
std::vector<BgpMember> bgp_members(const Speakers& speakers, std::size_t index,
                                   const std::vector<BgpSession>& sessions, Family family);

}  // namespace topology
