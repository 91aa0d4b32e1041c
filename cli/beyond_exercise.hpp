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

// Nodes and links that only one of the two has, whatever they are told: "not the exercise's
// topology: without h2; with h3". "" when they have the same. It costs no points: an exercise may
// ask for more of them.
std::string unlike_exercise(const topology::Lab& file, const topology::Lab& exercise);

}  // namespace cli
