// `vrfs` of a node, and `vrf` of its interfaces.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"

namespace topology {

// ["red", "blue"], or { red = { table = 1001 } }.
std::vector<Vrf> read_vrfs(const Value& value, const std::string& node, Context& context);

// D42: what an interface uses its node must have. A link's own word means those ends that have it.
void check_vrfs(Lab& lab, const Link& link, const Value* said_by_link, Diagnostics& diagnostics);
void check_vrf(const Node& node, const Interface& interface, Diagnostics& diagnostics);

// The table that routes of the VRF are in; RT_TABLE_MAIN without one.
std::uint32_t table_of(const Node& node, const std::string& vrf);

}  // namespace topology
