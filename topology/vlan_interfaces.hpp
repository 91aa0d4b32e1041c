// Interfaces that VLANs make beside the ends of links: one for each VLAN of a trunk that ends at a
// host or router, and those by which a switch routes.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"
#include "topology/node_list.hpp"

namespace topology {

// What a link says about VLANs as far as it means this end: only switches have access ports.
void fit_vlans(const Node& node, Interface& interface, Diagnostics& diagnostics);
// D40: access ports are a switch's.
void check_vlans(const Lab& lab, const Link& link, Diagnostics& diagnostics);

// "eth0.10": told what its trunk is told, and what `interfaces` says about it.
Interface vlan_interface(const Node& node, const Interface& trunk, VlanId id, const Value& merged,
                         const NodeList& nodes, Context& context);

// "vlan10" of a switch for each VLAN of its `svi`; and whether it tells VLANs apart at all.
void add_vlan_routing(Node& node, const Value& merged, const NodeList& nodes, Context& context);

}  // namespace topology
