// Which checks are meant: `-k 'ospf and not backup'` and `--tags slow`.
#pragma once

#include "topology/check.hpp"

#include <optional>
#include <string>
#include <vector>

namespace topology {

struct CheckFilter {
    // Words joined by and, or, not and parentheses; a word is found in a check's name, subject or
    // tags, whatever its case. Words side by side belong together: `r1 full`.
    std::string expression;
    std::vector<std::string> tags;  // at least one of them
};

// Indexes into `checks`, in order; nullopt when the expression is none.
std::optional<std::vector<std::size_t>> select(const std::vector<Check>& checks,
                                               const CheckFilter& filter);

}  // namespace topology
