// `lab up --repair` and `lab up --adopt`: the two ways to deal with what was changed by hand.
#pragma once

#include "cli/options.hpp"

namespace cli {

int repair(const Globals& globals, const UpOptions& options);
int adopt(const Globals& globals);

}  // namespace cli
