// The keys of a link or an end that say what happens to what it sends.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"

#include <vector>

namespace topology {

// `members` are the impairment keys of one end after merging.
Impairment read_impairment(const std::vector<const Member*>& members, Context& context);

}  // namespace topology
