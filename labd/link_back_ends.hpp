// What the running kernel can do to links, found out once by doing it in a namespace that goes
// away.
#pragma once

#include "topology/back_end.hpp"

namespace labd {

// The first call changes the calling thread's network namespace for a moment, and may take the time
// of loading modules. Whatever cannot be tried counts as absent.
const topology::BackEnds& link_back_ends();

}  // namespace labd
