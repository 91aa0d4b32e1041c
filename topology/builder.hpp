// One entry of `links` or one [[link]], turned into links with their ends: what the arrays mean,
// and chain, ring, full, star, mesh and zip (language.md §5.1, §5.2).
#pragma once

#include "topology/context.hpp"
#include "topology/node_list.hpp"

#include <string>
#include <utility>
#include <vector>

namespace topology {

struct PlannedEnd {
    std::size_t node = 0;  // NodeList::seeds
    std::string item;      // a or b of the link
    Value rest;            // ":IF ADDR …" as written, "" when the end is a name alone
    Where where;
};

struct PlannedLink {
    std::vector<PlannedEnd> ends;
    bool lan = false;
    std::size_t number = 1;                                  // n
    std::vector<std::pair<std::string, std::string>> bound;  // by `for`
};

struct LinkEntry {
    const Value* written = nullptr;  // a list or a table
    Value keys;                      // of a table: all but the shape, `for`, `count` and `name`
    bool expressions = false;        // somewhere in `keys`
    std::vector<PlannedLink> links;
};

// `room` is how many more links the lab may have. Mistakes are reported; what remains is made.
LinkEntry build_links(const Value& written, const Value* defaults, std::size_t room,
                      const NodeList& nodes, Context& context);

// The names that strings of one link may use: a, b, n, those of `for`, and the lab's.
Names link_names(const PlannedLink& link, const Context& context);

}  // namespace topology
