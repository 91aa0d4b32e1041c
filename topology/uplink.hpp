// The outside of a lab: what joins a `nat` to the host, and the host's interfaces that stand in a
// lab as `external`.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"

#include <array>
#include <optional>
#include <string>

namespace topology {

inline constexpr const char* uplink_name = "uplink";

// The addresses of a nat's end, IPv4 first.
std::array<Prefix, 2> uplink_addresses(const std::string& lab, const std::string& node);
// Gives a nat the interface by which it reaches the host.
void add_uplink(const std::string& lab, Node& node, Diagnostics& diagnostics);
// The other end of its pair, in the host's namespace: the even address of the same two.
Prefix host_end(const Prefix& uplink);
// What is sent by it, to the host end; nullopt when it has no address of that family.
std::optional<Route> uplink_route(const Node& nat, Family family);

// The host's interface that an end of a link is joined to instead of another node; "" for none.
std::string outside_of(const Lab& lab, const Link& link, const End& end);

// D43: an external node without a device, or with other than one link to one node.
void check_outside(const Lab& lab, Diagnostics& diagnostics);

}  // namespace topology
