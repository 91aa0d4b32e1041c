// `files`, `overlay` and `nft`: contents that a node gets, read through Files.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"

#include <map>
#include <string>

namespace topology {

class NodeFiles {
  public:
    explicit NodeFiles(Context& context) : x_context(context) {}

    // The overlay first, then `files`, which win. `overlay` and `files` may be null.
    void read(const Value* overlay, const Value* files, const Names& names, Node& node);
    void read_nft(const Value& value, Node& node);

  private:
    void read_overlay(const Value* overlay, Node& node);
    void read_file(const Member& member, const Names& names, Node& node);
    // Content of a file that stands relative to the one that says it; D53.
    std::optional<std::string> fetch(const Value& path, std::string* name = nullptr);
    bool count(std::size_t bytes, const Where& where, const Node& node);

    Context& x_context;
    std::map<std::string, std::size_t> x_shown;  // templates → Sources: one for all nodes
    std::size_t x_node_bytes = 0, x_lab_bytes = 0;
    bool x_full = false;
};

}  // namespace topology
