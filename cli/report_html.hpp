// A test as one page that opens from the disk: no script, nothing from a network, light and dark.
#pragma once

#include "cli/check_results.hpp"
#include "topology/model.hpp"

#include <string>

namespace cli {

// `lab` null: the file was wrong, and there is nothing to draw. `events`: JSON Lines of labd.
std::string report_html(const CheckSuite& suite, const topology::Lab* lab,
                        const std::string& events);

}  // namespace cli
