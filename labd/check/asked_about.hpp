// Whom a check is about, as far as its own words tell. Pure.
#pragma once

#include "topology/check.hpp"
#include "topology/model.hpp"

#include <set>
#include <string>
#include <vector>

namespace labd::check {

// Whose routes or neighbours are asked for; none where packets are sent.
std::set<std::string> nodes_asked(const topology::Check& check);
bool about_routing(const topology::Check& check);
// Of those that should have been given an address by others, and have none: who does not give it.
// `lab` is as it is now, with all addresses that have been learned.
std::vector<std::string> unaddressed(const topology::Check& check, const topology::Lab& lab);

}  // namespace labd::check
