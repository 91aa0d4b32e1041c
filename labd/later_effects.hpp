// What an edit changes and no step brings about, since nothing that runs has to be touched for it.
#pragma once

#include "labd/lab.hpp"
#include "topology/plan.hpp"

#include <vector>

namespace labd {

// With whom the lab is shared, and the environment of what will be run in its nodes. For who reads
// a plan, and for the audit log: access that is granted shall not be granted without a word.
std::vector<topology::Action> later_effects(const Lab& lab, const topology::Lab& wish);

}  // namespace labd
