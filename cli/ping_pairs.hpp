// Who pings whom, and what came of it: pure, for `lab ping` and its tests.
#pragma once

#include "cli/ping_output.hpp"
#include "cli/render.hpp"
#include "cli/wire.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cli {

struct Pair {
    std::string from, to;
    std::string address;  // of `to`, as /etc/hosts of the lab has it
    int family = 4;
};
struct PairResult {
    Pair pair;
    PingOutcome outcome;
    bool ok() const { return outcome.received > 0; }
};

// The address other nodes know it by: loopback first, then interfaces in order (language.md §6.6).
std::optional<std::string> primary_address(const NodeState& node, int family);

// Every ordered pair of different nodes of both lists that have addresses in common: IPv4 unless
// they share only IPv6. family 0 = either.
std::vector<Pair> ping_pairs(const LabState& lab, const std::vector<std::string>& from,
                             const std::vector<std::string>& to, int family);

// Nodes that can take part: running, with a process and an address.
std::vector<std::string> pingable(const LabState& lab);

// Those that could, but that somebody has stopped.
std::vector<std::string> stopped_nodes(const LabState& lab);

std::string ping_matrix(const std::vector<PairResult>& results, const Style& style);
std::string ping_line(const PairResult& result, const Style& style);
std::string ping_json(const std::vector<PairResult>& results);

}  // namespace cli
