// The keys of a link or an end that say what happens to what it sends.
#pragma once

#include "topology/impairment.hpp"
#include "topology/read.hpp"

#include <string_view>
#include <vector>

namespace topology {

// `members` are the impairment keys of one end after merging; what they do not name stays as in
// `start`.
Impairment read_impairment(const std::vector<const Member*>& members, Diagnostics& diagnostics,
                           const Impairment& start = {});

// The key beside which alone this one means something; "" = it means something by itself.
std::string_view meant_beside(std::string_view key);

}  // namespace topology
