// `during = { down = ["r1", "r2"] }`: faults that a check puts in and takes out again.
#pragma once

#include "topology/model.hpp"
#include "topology/node_list.hpp"
#include "topology/value.hpp"

#include <optional>
#include <string>

namespace topology {

std::optional<Fault> read_fault(const Value& value, const NodeList& nodes, const Lab& lab,
                                Diagnostics& diagnostics);

// One word of it, as a step has it, too: down, up, flap, partition, stop, start, kill. `up` and
// `start` undo: their links and node are in a fault of the kind that they undo.
std::optional<Fault> read_one_fault(const std::string& key, const Value& value,
                                    const NodeList& nodes, const Lab& lab,
                                    Diagnostics& diagnostics);

// `every`: from one fall of a flapping link to the next, in seconds.
double read_period(const Value& value, Diagnostics& diagnostics);

}  // namespace topology
