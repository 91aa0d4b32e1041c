// Links and interfaces of the lab.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"
#include "topology/node_list.hpp"
#include "topology/source.hpp"

#include <vector>

namespace topology {

// `merged` holds, for each node of `lab` and `nodes`, what its layers say together.
void make_links(const Source& source, const NodeList& nodes, const std::vector<Value>& merged,
                Lab& lab, Context& context);

}  // namespace topology
