// What may stand where the cursor is: pure, given the names that exist.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace cli {

struct Names {
    std::vector<std::string> labs, nodes, links, services;
};

// `words` are those behind "lab", the one under the cursor last. `names` is asked only when names
// are wanted. Only what continues the last word; nothing where files belong.
std::vector<std::string> candidates(const std::vector<std::string>& words,
                                    const std::function<Names()>& names);

}  // namespace cli
