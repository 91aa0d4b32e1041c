// What an end does to what it sends: delay, loss, rate, … checked and kept as written.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"

#include <vector>

namespace topology {

// `members` are the impairment keys of one end after merging.
Impairment read_impairment(const std::vector<const Member*>& members, Context& context);

}  // namespace topology
