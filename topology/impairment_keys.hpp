// The keys of a link or an end that say what happens to what it sends.
#pragma once

#include "topology/impairment.hpp"
#include "topology/read.hpp"

#include <vector>

namespace topology {

// `members` are the impairment keys of one end after merging; what they do not name stays as in
// `start`.
Impairment read_impairment(const std::vector<const Member*>& members, Diagnostics& diagnostics,
                           const Impairment& start = {});

}  // namespace topology
