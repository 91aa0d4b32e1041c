// The process: options in, an exit status out.
#pragma once

#include "labd/options.hpp"

namespace labd {

// Serves until SIGTERM or SIGINT, which keep the labs. Throws what keeps it from starting.
int serve(const Options& options);

}  // namespace labd
