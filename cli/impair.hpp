// What `lab impair` was asked for.
#pragma once

#include "cli/options.hpp"

#include <map>
#include <string>
#include <vector>

namespace cli {

struct ImpairOptions {
    std::vector<std::string> words;               // LINK, or the two nodes that it joins
    std::map<std::string, std::string> settings;  // key of the topology language → as typed
    std::string direction;                        // A→B, A->B, A:B, or an end that sends
    std::string for_text;                         // as written
    double seconds = 0;                           // 0 = until told otherwise
    bool clear = false, show = false;
};

// Keys that have a flag, and what the help says of each.
struct ImpairFlag {
    const char *key, *help;
};
const std::vector<ImpairFlag>& impair_flags();

int impair(const Globals& globals, const ImpairOptions& options);

}  // namespace cli
