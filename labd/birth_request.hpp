#pragma once

#include "labd/init/protocol.hpp"
#include "topology/model.hpp"

namespace labd {

// How a spawner is asked for a node. `root` is the name that Spawn::root gave it: the path.
protocol::Birth birth_of(const topology::Lab& lab, const topology::Node& node);

}  // namespace labd
