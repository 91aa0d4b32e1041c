// The part of report.html that is about an experiment: what happened when, and every measurement
// drawn over the same time.
#pragma once

#include "cli/experiment.hpp"

#include <string>
#include <string_view>

namespace cli {

// Text as HTML writes it: what comes from nodes and files is never markup.
std::string html(std::string_view text);

// "" when there was none.
std::string experiment_html(const Experiment& experiment);

}  // namespace cli
