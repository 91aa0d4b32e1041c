// Lists of values whose every combination is meant: [matrix] of a lab, `matrix` of a check.
#pragma once

#include "topology/model.hpp"
#include "topology/read.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace topology {

constexpr std::size_t most_combinations = 1000;

// What one name stands for, each value once; nullopt after a complaint.
std::optional<std::vector<std::string>> values_of(const Member& member, Diagnostics& diagnostics);

// What `lab test` runs one file with: variables of [vars] and their values, in the order of the
// file. Without a [matrix] one, and it is empty. The first name varies slowest.
using Variant = std::vector<std::pair<std::string, std::string>>;
std::vector<Variant> variants(const std::vector<MatrixRow>& matrix);

std::string text(const Variant& variant);  // "cc = bbr, m = 3"

}  // namespace topology
