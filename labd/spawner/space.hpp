#pragma once

#include "labd/fd.hpp"

namespace labd::spawner {

// A network namespace that L owns and nobody lives in, for a switch. `quiet`: IPv6 off, so that a
// bridge speaks no neighbour discovery of its own. Throws Failure.
Fd make_space(int proc, bool quiet);

}  // namespace labd::spawner
