// Are the programs there that a lab says it needs? (D5) A node's /usr is the host's, so looking
// here is looking there; topology itself never looks at the machine.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"

#include <functional>
#include <string>
#include <vector>

namespace cli {

// Says whether a path of the host can be run.
using CanRun = std::function<bool(const std::string& path)>;
bool can_run(const std::string& path);

// `needs` and the routing daemons that labd would start are errors, words of `run` warnings. What
// a node brings itself, by files or overlay, counts as there.
std::vector<topology::Diagnostic> missing_programs(const topology::Lab& lab,
                                                   const CanRun& host = can_run);

}  // namespace cli
