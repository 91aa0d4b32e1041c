// [addressing]: the switches and pools of automatic addressing, as written.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"
#include "topology/value.hpp"

namespace topology {

// The built-in pools are always there. prefix4 and prefix6 stay empty where nobody wrote them: then
// the shape of the segment decides.
Addressing read_addressing(const Value& root, Context& context);

}  // namespace topology
