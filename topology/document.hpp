// TOML text to Values.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/value.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace topology {

inline constexpr std::size_t most_nesting = 32;
inline constexpr std::size_t most_bytes = 1 << 20;

// nullopt when the text is no TOML, is too big or nested too deep: all said in `diagnostics`.
// `file` is the index in Sources that places refer to.
std::optional<Value> parse_document(const std::string& text, std::uint32_t file,
                                    Diagnostics& diagnostics);

}  // namespace topology
