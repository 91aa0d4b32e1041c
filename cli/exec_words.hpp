// Where the nodes of `lab exec` end and the command begins.
#pragma once

#include <string>
#include <vector>

namespace cli {

struct ExecWords {
    std::string nodes;  // a set; several words are joined by commas
    std::vector<std::string> command;
};

// `r1 ping -c 1 x`, `r1 -- ls -t`, `h1 h2 -- hostname`. `words` has at least one.
ExecWords split_words(const std::vector<std::string>& words);

}  // namespace cli
