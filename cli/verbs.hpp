// The verbs as words: what help and completion know about them. What they accept is in parser.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cli {

enum class Argument {
    none,
    file,
    labs,
    node,
    nodes,
    node_or_link,
    link,
    impaired_link,
    node_command,
    service,
    templates,
    topics,
    shells
};

struct Verb {
    const char* name;
    const char* alias;     // "" = none
    const char* group;     // Build, Look, Act, Test, Tools
    const char* synopsis;  // after "lab NAME"
    const char* summary;   // one line of the front page
    const char* examples;  // lines for `lab help NAME`
    Argument argument;
    // On the front page: in the row of the one before; what its row says of all that stand in it.
    bool beside = false;
    const char* row = "";
};

const std::vector<Verb>& verbs();
const Verb* find_verb(std::string_view name);  // by name or alias; nullptr = none
std::vector<std::string> verb_names();         // with aliases

}  // namespace cli
