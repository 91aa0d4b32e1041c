// `interfaces.NAME = { type = … }`: devices inside a node, which no link makes.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"
#include "topology/node_list.hpp"

namespace topology {

// In the order written; each may stand on, or take as ports, what is there before it.
void add_inner_devices(Node& node, const Value& merged, const NodeList& nodes, Context& context);

}  // namespace topology
