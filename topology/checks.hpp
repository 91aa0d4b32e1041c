// [[check]] tables become Lab::checks, [[step]] tables Lab::steps; [exercise] is for people and
// `lab grade`, and read for its mistakes; [matrix] is not acted on yet.
#pragma once

#include "topology/context.hpp"
#include "topology/node_list.hpp"
#include "topology/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace topology {

// After make_links: faults and steps name links.
void read_checks(const Value& root, const NodeList& nodes, Lab& lab, Context& context);

// One check whose `${…}` are worked out but for late ones; nullopt after a complaint.
std::optional<Check> read_check(const Value& table, const NodeList& nodes, const Lab& lab,
                                Diagnostics& diagnostics);

// The hint when none of these checks is called so.
std::string nearest_check(const std::string& wanted, const std::vector<std::string>& names);

// A value as TOML writes it on one line, late references left in, @KIND as the names it means.
std::string toml_value(const Value& value, const NodeList& nodes);

}  // namespace topology
