// What a new network namespace copies from the host, or decides by itself, is written to fixed
// values: the same file is the same network on every machine (decision 11).
#pragma once

#include "topology/model.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace labd {

// In the order of writing; before the node's first interface, which inherits `default`. Groups 0 …
// last_group are those that the node has.
std::vector<std::pair<std::string, std::string>> birth_sysctls(const topology::Node& node,
                                                               std::uint32_t last_group);

}  // namespace labd
