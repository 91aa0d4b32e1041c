// From the merged table of a node to the node itself.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"
#include "topology/node_files.hpp"
#include "topology/node_list.hpp"

namespace topology {

// What the node says about its ends (mac, mtu, ipv4, addresses, interfaces, …) stays in `merged`
// for links to pick up: there are no ends yet.
Node read_node(const NodeSeed& seed, const Value& merged, const NodeList& nodes, NodeFiles& files,
               Context& context);

}  // namespace topology
