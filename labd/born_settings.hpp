// What a node is born with beside its network's ground, and anybody inside may set otherwise:
// settings of its kind, and its name.
#pragma once

#include "topology/model.hpp"
#include "topology/plan.hpp"

#include <string>
#include <utility>
#include <vector>

namespace labd {

// Keys and values at birth: of the node as a whole and of its interfaces. Left out are those that
// the node's own sysctls, commands and files speak of; where it runs programs of its own nobody
// knows what they set. Forwarding and IPv6 as a whole are the ground's (topology/ground.hpp).
std::vector<std::pair<std::string, std::string>> born_settings(const topology::Node& node,
                                                               const topology::State& desired);

// Services that the file says, as opposed to labd's.
bool runs_its_own(const topology::Node& node);
// Whether its own commands say how it is called.
bool names_itself(const topology::Node& node);

}  // namespace labd
