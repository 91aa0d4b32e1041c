// "h[1-3]", "leaf[*]", "core-*", "@router", "all": which nodes a text means (language.md §3).
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/node_list.hpp"

#include <optional>
#include <string>
#include <vector>

namespace topology {

struct SetMember {
    std::size_t node = 0;  // NodeList::seeds
    std::string item;      // of the first range of the text, or of the node's own name
};

// Ranges and lists keep the order written, everything else the order of the file; duplicates once.
// `from_variable`: a variable had a hand in the text, so an empty set is no mistake.
// `what` ends the sentence `unknown node "h9" in …`. nullopt after a complaint.
std::optional<std::vector<SetMember>> find_nodes(const std::string& text, const Where& where,
                                                 bool from_variable, const NodeList& nodes,
                                                 std::string_view what, Diagnostics& diagnostics);

// D14: the sentence and the hint about a name that is no node.
void unknown_node(const std::string& name, const Where& where, std::string_view what,
                  const NodeList& nodes, Diagnostics& diagnostics);

}  // namespace topology
