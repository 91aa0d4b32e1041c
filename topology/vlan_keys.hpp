// `[vlans]`, and the keys that name a VLAN of it by name or number.
#pragma once

#include "topology/context.hpp"
#include "topology/node_list.hpp"

#include <optional>
#include <vector>

namespace topology {

// red = 10, or red = { id = 10, …segment keys }.
std::vector<Vlan> read_vlans(const Value& root, const NodeList& nodes, Context& context);

// A name of [vlans] or a number.
std::optional<VlanId> read_vlan(const Value& value, const Context& context);
std::vector<VlanId> read_vlan_list(std::string_view key, const Value& value,
                                   const Context& context);

// Reads what `member` says about the VLANs of an end, when it does.
bool read_vlan_key(const Member& member, Vlans& vlans, const Context& context);

}  // namespace topology
