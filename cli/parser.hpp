// From words to a command: the only units that include CLI11 are parser.cpp, flags.cpp
// and flag_kinds.cpp.
#pragma once

#include <string>
#include <vector>

namespace cli {

// The whole program without argv[0]. Returns the exit code; everything is said.
int run(const std::vector<std::string>& words);

}  // namespace cli
