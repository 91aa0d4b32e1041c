// `impair = ["r1", "r2"], loss = "5%"`: what a fault or a step does to the packets of links.
#pragma once

#include "topology/model.hpp"
#include "topology/value.hpp"

namespace topology {

// `table` holds the settings and `from`; `fault` has its links already, and gets the rest. With
// `clear` there are no settings, and nothing happens to the packets any more.
void read_impair(const Value& table, const Member& action, bool clear, const Lab& lab, Fault& fault,
                 Diagnostics& diagnostics);

// What belongs to `impair` where there is none.
void refuse_settings(const Value& table, Diagnostics& diagnostics);

}  // namespace topology
