// `sysctl`: dotted keys, written as one quoted key or as TOML's nested tables.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"

namespace topology {

// A "." inside one part of a nested key (an interface "eth0.10") becomes "/", as sysctl(8) has it.
void read_sysctl(const Value& table, Node& node, Context& context);

// D57: a key of an interface that the node has not.
void check_sysctl_interfaces(const Lab& lab, Diagnostics& diagnostics);

}  // namespace topology
