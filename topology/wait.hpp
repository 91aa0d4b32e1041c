// `wait-for` of nodes and `after` of services: names that exist, and no circle (D58).
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"

namespace topology {

void check_waiting(const Lab& lab, Diagnostics& diagnostics);

}  // namespace topology
