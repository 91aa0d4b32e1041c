// `during = { down = ["r1", "r2"] }`: faults that a check puts in and takes out again.
#pragma once

#include "topology/model.hpp"
#include "topology/node_list.hpp"
#include "topology/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace topology {

std::optional<Fault> read_fault(const Value& value, const NodeList& nodes, const Lab& lab,
                                Diagnostics& diagnostics);

// The word `key` of a table, as a step has it, too: down, up, flap, partition, stop, start, kill,
// impair, clear. `up` and `start` undo: their links and node are in a fault of the kind that they
// undo. `impair` and `clear` are read with what stands beside them. `what`: where it stands.
std::optional<Fault> read_one_fault(const Value& table, const std::string& key,
                                    const NodeList& nodes, const Lab& lab, Diagnostics& diagnostics,
                                    std::string_view what = "\"during\"");

// `every`: from one fall of a flapping link to the next, in seconds.
double read_period(const Value& value, Diagnostics& diagnostics);

}  // namespace topology
