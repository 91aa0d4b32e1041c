// Whoever grades lends the students' files their rights on the machine: no file gets more of the
// machine than the exercise itself asks for.
#pragma once

#include "topology/model.hpp"

#include <optional>
#include <string>

namespace cli {

// The first thing that `file` asks of the host and `exercise` does not, with its line.
std::optional<std::string> beyond_exercise(const topology::Lab& file,
                                           const topology::Lab& exercise);

}  // namespace cli
