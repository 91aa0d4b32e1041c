// What a new network namespace copies from the host, or decides by itself, is written to fixed
// values: the same file is the same network on every machine (decision 11).
#pragma once

#include "topology/model.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace labd {

// In the order of writing; before the node's first interface, which inherits `default`. Groups 0 …
// last_group are those that the node has.
using SysctlValues = std::vector<std::pair<std::string, std::string>>;
SysctlValues birth_sysctls(const topology::Node& node, std::uint32_t last_group);

// Those of `wanted` that newborns do not have already: `given` is what they all have.
SysctlValues to_write(const SysctlValues& wanted, const std::map<std::string, std::string>& given);

}  // namespace labd
