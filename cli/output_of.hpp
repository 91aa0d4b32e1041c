#pragma once

#include <string>

namespace cli {

// What `program argument` writes to stdout; our stdin and stderr are its own. Empty when it fails.
std::string output_of(const std::string& program, const std::string& argument);

}  // namespace cli
