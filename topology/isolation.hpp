// How a node is kept apart from the host and what it may use of it: level, root, clock, namespaces,
// pids, memory, cpu.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"

#include <string>
#include <vector>

namespace topology {

const char* level_word(Level level);  // "open", "lab", "strict"

// True when `member` is one of them.
bool read_isolation_key(const Member& member, Node& node, Context& context);
std::optional<Level> read_level(const Value& value, Context& context);
// D74: root in a node of level `open` is root of the host, so it is said each time.
void warn_of_open_nodes(const Lab& lab, Diagnostics& diagnostics);

// "pids 100, memory 67108864 B, cpu 0.5"; "" when there are none.
std::string limits_text(const Limits& limits);

// What a lab asks of its host that only root may give, or whoever root trusts (security.md T3).
struct HostNeed {
    enum class Kind { open_level, host_directory } kind = Kind::open_level;
    std::string node;
    std::string path;  // of host_directory, as written
    Where where;
    bool operator==(const HostNeed&) const = default;
};
std::vector<HostNeed> host_needs(const Lab& lab);

}  // namespace topology
