// Frames that go round for ever (D59).
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"

namespace topology {

// Loops of switches without STP, VLAN by VLAN.
void check_loops(const Lab& lab, Diagnostics& diagnostics);

}  // namespace topology
