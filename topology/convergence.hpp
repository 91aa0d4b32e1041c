// When routing has done its work: what every router will know once its protocols have converged.
#pragma once

#include "topology/model.hpp"

#include <map>
#include <string>
#include <vector>

namespace topology {

// For every node that speaks a protocol configured by labd: the networks that its kernel will have
// a route to, its own excluded. Nodes with configurations of their own (frr, bird) are not listed:
// nobody but their author knows what they should learn.
std::map<std::string, std::vector<Prefix>> expected_routes(const Lab& lab);

// Those nodes, with configurations of their own.
std::vector<std::string> with_own_routing(const Lab& lab);

}  // namespace topology
