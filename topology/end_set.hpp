// One side of a link as written: "h[1-3]:eth1 10.0.0.1/24", or a list of such.
#pragma once

#include "topology/builder.hpp"
#include "topology/context.hpp"
#include "topology/node_list.hpp"

#include <string>
#include <vector>

namespace topology {

struct EndSet {
    std::vector<PlannedEnd> ends;
    std::string text;  // as shown in messages
    Where where;
    bool from_variable = false;
    bool failed = false;
};

EndSet read_end_set(const Value& value, const Names& names, const NodeList& nodes,
                    Context& context);

// Duplicates of sets count once; an interface of its own makes another end.
void add_end(std::vector<PlannedEnd>& ends, PlannedEnd end);

}  // namespace topology
