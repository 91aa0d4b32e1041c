// Links as other languages write them: "r1 -> r2", "h1,r1", "h1.eth0", ["h1", "r1", "10ms"]. What
// is said of them shows how they look here.
#pragma once

#include "topology/node_list.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace topology {

// The nodes of a text that names two or more: {"r1", "r2"} of "r1 -> r2". Between names that may
// hold it themselves, a "-" tells nothing unless all of them are nodes. Empty: it is no such text.
using IsNode = std::function<bool(const std::string&)>;
std::vector<std::string> nodes_of_link(std::string_view text, const IsNode& is_node);

// `["r1", "r2"]`
std::string as_list(const std::vector<std::string>& words);

// What was meant by the name of an end that no node has; "" when nothing is known.
std::string meant_end(const std::string& name, const NodeList& nodes);

// D14, when the last item of a link's list is what belongs beside `endpoints`: "10ms", { delay =
// "10ms" }.
bool refuse_keys_among_ends(const Value& list, const NodeList& nodes, Diagnostics& diagnostics);

}  // namespace topology
