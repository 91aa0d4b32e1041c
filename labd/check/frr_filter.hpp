// Which line of a router's configuration keeps a network out: prefix lists, access lists and route
// maps, as FRR applies them.
#pragma once

#include "labd/check/frr_config.hpp"
#include "topology/ip.hpp"

#include <string>

namespace labd::check {

struct Filtered {
    enum class Fate { passes, stays, unknown } fate = Fate::passes;
    std::string line;  // why it stays, or what cannot be told from outside
};

// Lists and maps that are not there let nothing through.
Filtered by_prefix_list(const FrrConfig& config, const std::string& name,
                        const topology::Prefix& network);
Filtered by_access_list(const FrrConfig& config, const std::string& name,
                        const topology::Prefix& network);
Filtered by_route_map(const FrrConfig& config, const std::string& name,
                      const topology::Prefix& network);

}  // namespace labd::check
