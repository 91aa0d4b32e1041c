// `during = { down = ["r1", "r2"] }`: faults that a check puts in and takes out again.
#pragma once

#include "topology/model.hpp"
#include "topology/node_list.hpp"
#include "topology/value.hpp"

#include <optional>

namespace topology {

std::optional<Fault> read_fault(const Value& value, const NodeList& nodes, const Lab& lab,
                                Diagnostics& diagnostics);

}  // namespace topology
