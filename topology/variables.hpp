// [vars], --set and [matrix].
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/expression.hpp"
#include "topology/model.hpp"
#include "topology/value.hpp"

#include <map>
#include <string>
#include <vector>

namespace topology {

// Works every variable out, and the lab's name (`lab`), which may use them and be used by them.
// `lab` is the name as written, or as a string Value without a place when the file has none.
// A variable that fails is reported once and is "" from then on.
struct Variables {
    Names names;
    std::vector<MatrixRow> matrix;
};
Variables evaluate_variables(const Value& root, const Value& lab,
                             const std::map<std::string, std::string>& set,
                             Diagnostics& diagnostics);

}  // namespace topology
