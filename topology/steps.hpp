// [[step]] tables become Lab::steps.
#pragma once

#include "topology/context.hpp"
#include "topology/node_list.hpp"
#include "topology/value.hpp"

#include <vector>

namespace topology {

// After read_checks: steps name checks and links.
void read_steps(const std::vector<Value>& tables, const NodeList& nodes, Lab& lab,
                Context& context);

}  // namespace topology
