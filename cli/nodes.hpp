// Node sets on the command line, over the nodes that a lab has: the grammar of language.md §3.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct KnownNode {
    std::string name;
    std::vector<std::string> kinds;  // its kind and those that it extends
};

// "h1", "h[1-3]", "h[*]", "leaf-*", "@router", "all", or several by commas. In file order, each
// once. Throws Failure no_such_node (with "did you mean") or usage.
std::vector<std::string> select_nodes(const std::vector<KnownNode>& known, std::string_view words);

// More than one node may be meant, even if it turns out to be one.
bool is_set(std::string_view words);

// "h[01-03]" → h01 h02 h03. Throws Failure usage. `[*]` stays as it is.
std::vector<std::string> expand_range(std::string_view word);

}  // namespace cli
