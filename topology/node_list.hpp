// Which nodes there are: names, the range items in them, their kinds, and the tables that describe
// each of them, lowest priority first.
#pragma once

#include "topology/context.hpp"
#include "topology/kind.hpp"
#include "topology/model.hpp"
#include "topology/source.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace topology {

struct NodeSeed {
    std::string name;
    std::vector<std::string> items;      // i, j, k
    std::vector<const Member*> entries;  // of [nodes]: ranges first, then the plain name
    Where where;                         // of the entry that names it first
    Kinds::Chain chain;
    std::string kind_name;
};

class NodeList {
  public:
    std::vector<NodeSeed> seeds;  // in the order of the file
    // First literals of ranges that a variable made empty: sets over them may be empty too.
    std::vector<std::string> emptied;

    std::size_t find(const std::string& name) const;  // npos when there is none
    std::size_t add(NodeSeed seed);
    std::vector<std::string> names() const;

  private:
    std::unordered_map<std::string, std::size_t> x_index;
};

NodeList list_nodes(const Source& source, const Kinds& kinds, Context& context);

// The names that a node's strings may use: name, i, j, k, and those of the lab.
Names node_names(const NodeSeed& seed, const Context& context);

}  // namespace topology
