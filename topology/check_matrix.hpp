// `matrix = { n = [1, 2] }`: a check that is asked once for each combination of values.
#pragma once

#include "topology/context.hpp"
#include "topology/value.hpp"

#include <string>
#include <vector>

namespace topology {

struct Combination {
    Names names;
    std::string text;  // "n = 1, size = big"; "" when there is no matrix
};

// The first name varies slowest. Without a matrix one, after a complaint none.
std::vector<Combination> combinations(const Value& check, Context& context);

}  // namespace topology
