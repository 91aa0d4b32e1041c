// Texts that others chose (arguments, names of processes), so that they cannot drive a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cli {

// Control bytes, C1 controls and marks that turn the direction of writing appear as \x1b and
// \u202e; a newline as \n. Everything else is as it was.
std::string visible(std::string_view text);

// The same, with "…" in the place of what would not fit into so many columns.
std::string visible(std::string_view text, std::size_t columns);

}  // namespace cli
