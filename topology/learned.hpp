// Addresses that nobody wrote down: DHCP and router advertisements give them while the lab runs.
#pragma once

#include "topology/model.hpp"

#include <map>
#include <set>
#include <string>

namespace topology {

// By node and interface.
using Learned = std::map<std::string, std::map<std::string, std::set<Prefix>>>;

// Does this interface get addresses of that family by itself?
bool learns(const Interface& interface, Family family);
bool learns(const Node& node);

// The lab as it is now: what has been learned stands behind what was written.
Lab with_learned(Lab lab, const Learned& learned);

}  // namespace topology
