// How deep a TOML text nests, found without parsing it.
#pragma once

#include "topology/diagnostic.hpp"

#include <optional>
#include <string_view>

namespace topology {

// The first place where brackets, or the dots of one key, go deeper than `most`.
std::optional<Where> too_deep(std::string_view text, std::size_t most);

}  // namespace topology
