// A check on one line, for `lab wait`: "ping h1 h2", "ospf-neighbors r1 full=2", or the keys of a
// [[check]] table as TOML: `route = { node = "r1", prefix = "default" }`.
#pragma once

#include "topology/model.hpp"

#include <string>

namespace topology {

struct Condition {
    Check check;  // meaningful only when !diagnostics.failed()
    Diagnostics diagnostics;
    Sources sources;
};

// About a lab in which nothing is implicit any more.
Condition read_condition(const std::string& text, const Lab& lab);

}  // namespace topology
