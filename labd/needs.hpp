// Programs that a lab needs from the host, looked for before anything is built.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"

namespace labd {

// D5: what `needs` names, and the daemons that labd itself would start, must be installed. A node
// sees the host's /usr, so the host's PATH is its PATH.
topology::Diagnostics missing_programs(const topology::Lab& lab);

}  // namespace labd
