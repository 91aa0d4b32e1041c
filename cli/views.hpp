// The tables of the looking verbs: values in, text out.
#pragma once

#include "cli/render.hpp"
#include "cli/wire.hpp"

#include <string>
#include <vector>

namespace cli {

std::string labs_table(const std::vector<LabSummary>& labs, bool wide, const Style& style);
// No names: every node. A degraded lab says so, with the reason, above the table.
std::string status_table(const LabState& lab, const std::vector<std::string>& names, bool wide,
                         const Style& style);
// Those at `node`, or all with "".
std::string links_table(const LabState& lab, const std::string& node, const Style& style);

}  // namespace cli
