// The steps of a change as its user thinks of them: links by their names, a node that is made anew
// as one action, and what a new node is born with as created.
#pragma once

#include "topology/plan.hpp"

#include <vector>

namespace labd {

// `before` and `after` are the lab as it was wished and as it is, `desired` its state, `observed`
// what there was.
std::vector<topology::Action> actions_of(const std::vector<topology::Step>& steps,
                                         const topology::State& desired,
                                         const topology::State& observed,
                                         const topology::Lab& before, const topology::Lab& after);

}  // namespace labd
