// The topology file and everything it includes, merged, with nodes and links in the order written.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/resolve.hpp"
#include "topology/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace topology {

struct Source {
    Value root;                 // every other top-level key
    std::vector<Member> nodes;  // a key may come twice: from two files, the later refines
    std::vector<Value> links;   // items of `links` and [[link]] tables; a list or a table each
};

// nullopt when the first file cannot be read at all. Included files that are missing or broken are
// reported and left out.
std::optional<Source> load(Files& files, const std::string& main, Sources& sources,
                           Diagnostics& diagnostics);

std::string folder_of(const std::string& path);  // "a/b" of "a/b/c.toml", "" of "c.toml"
// folder/path without "." and ".."; nullopt when it is absolute or leaves `folder`.
std::optional<std::string> join_path(const std::string& folder, const std::string& path);

}  // namespace topology
