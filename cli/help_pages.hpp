// The pages that are made from the table of verbs.
#pragma once

#include "cli/render.hpp"
#include "cli/verbs.hpp"

#include <string>
#include <vector>

namespace cli {

std::string front_page(const Style& style);  // at most 25 lines
std::string verb_page(const Verb& verb, const Style& style);
std::vector<std::string> help_topics();

}  // namespace cli
