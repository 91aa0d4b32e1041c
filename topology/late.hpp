// Late references: what strings say about addresses, put in once addresses are known.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"

namespace topology {

// Only Node::route_lines, which `route` needs before the others are due.
void substitute_routes(Lab& lab, Diagnostics& diagnostics);

// One check that came after the file.
void substitute_check(const Lab& lab, Check& check, Diagnostics& diagnostics);

}  // namespace topology
