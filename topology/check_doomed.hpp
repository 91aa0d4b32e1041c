// Checks that can be seen in the file to fail whatever the network does.
#pragma once

#include "topology/model.hpp"
#include "topology/value.hpp"

namespace topology {

// `table` is what `check` was read from.
void refuse_doomed(const Value& table, const Check& check, const Lab& lab,
                   Diagnostics& diagnostics);

}  // namespace topology
