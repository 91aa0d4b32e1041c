// Links and their ends by the names that people give them.
#pragma once

#include "topology/model.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace topology {

std::string end_name(const Lab& lab, const End& end);  // "r1:eth0"
// "h1--r1" of "r1--h1", a link with its other end said first. Of "r1--h1-2" what its number may
// belong to, the link or the node: "h1-2--r1", "h1--r1-2". Empty: no name of two ends.
std::vector<std::string> turned(std::string_view name);
// By its name, or by that of a link of two nodes with the other one first; null: no such link.
const Link* find_link(const Lab& lab, std::string_view name);

}  // namespace topology
