// Links and their ends by the names that people give them.
#pragma once

#include "topology/model.hpp"

#include <string>
#include <string_view>

namespace topology {

std::string end_name(const Lab& lab, const End& end);  // "r1:eth0"
// By its name, or by that of a link of two nodes with the other one first; null: no such link.
const Link* find_link(const Lab& lab, std::string_view name);

}  // namespace topology
