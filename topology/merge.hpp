// What [defaults.node], kinds, a range and a plain name say about one node, made one table.
#pragma once

#include "topology/context.hpp"
#include "topology/node_list.hpp"
#include "topology/value.hpp"

namespace topology {

// Every `${…}` of the layers worked out for this node; keys that do not fit its kind are left out
// when they come from the defaults and reported when they are written directly. Items of lists that
// layers append to carry the layer they came from.
Value merge_layers(const NodeSeed& seed, const Value* defaults, Context& context);

}  // namespace topology
