// See check_subjects.hpp.
#include "topology/check_subjects.hpp"

#include <algorithm>

namespace topology {
namespace {

// Packets go at once when they go at all; protocols need their timers; a test of speed its time.
constexpr double reach_s = 5, protocol_s = 60, speed_s = 30;

template <typename Read>
std::function<Subject(CheckFields&)> with(Read read) {
    return [read](CheckFields& fields) -> Subject { return read(fields); };
}

}  // namespace

const std::vector<SubjectWord>& subject_words() {
    static const std::vector<SubjectWord> table{
        {"ping", with(read_ping), {"loss", "rtt", "family", "count", "size"}, {}, reach_s},
        {"all-reachable",
         with(read_all_reachable),
         {"loss", "rtt", "family", "count", "size"},
         {},
         protocol_s},
        {"tcp", with(read_connect), {"family"}, {}, reach_s},
        {"udp", with(read_connect), {"family"}, {}, reach_s},
        {"http", with(read_http), {"status", "body", "family"}, {}, reach_s},
        {"dns", with(read_dns), {"type", "is", "server"}, {"node", "name"}, reach_s},
        {"path", with(read_path), {"via", "not-via", "ecmp", "family"}, {}, reach_s},
        {"throughput", with(read_throughput), {"rate", "time", "proto", "family"}, {}, speed_s},
        {"route",
         with(read_route),
         {"via", "dev", "proto", "metric", "table", "absent"},
         {"node", "prefix"},
         protocol_s},
        {"address", with(read_address), {"dev", "is"}, {"node"}, reach_s},
        {"link", with(read_link), {"dev", "is", "mtu"}, {"node"}, reach_s},
        {"neighbor", with(read_neighbor), {"dev", "is"}, {"node"}, reach_s},
        {"ospf-neighbors", with(read_neighbors), {"full", "with", "family"}, {"node"}, protocol_s},
        {"bgp-neighbors",
         with(read_neighbors),
         {"established", "with", "family"},
         {"node"},
         protocol_s},
        {"isis-neighbors", with(read_neighbors), {"up", "with"}, {"node"}, protocol_s},
        {"bgp-route",
         with(read_protocol_route),
         {"via", "aspath", "med", "local-pref", "communities", "next-hop", "origin", "absent"},
         {"node", "prefix"},
         protocol_s},
        {"ospf-route",
         with(read_protocol_route),
         {"via", "metric", "absent"},
         {"node", "prefix"},
         protocol_s},
        {"isis-route",
         with(read_protocol_route),
         {"via", "metric", "absent"},
         {"node", "prefix"},
         protocol_s},
        {"rip-route",
         with(read_protocol_route),
         {"via", "metric", "absent"},
         {"node", "prefix"},
         protocol_s},
        {"run",
         with(read_run),
         {"exit", "stdout", "json", "is", "stdin"},
         {"node", "cmd"},
         reach_s},
        {"process", with(read_process), {}, {"node", "name"}, reach_s},
        {"file", with(read_file), {"contains", "is", "absent"}, {"node", "path"}, reach_s},
        {"sysctl", with(read_sysctl), {"is"}, {"node", "key"}, reach_s},
        {"no-loops", with(read_no_loops), {}, {}, protocol_s},
        {"no-drops", with(read_no_drops), {}, {}, reach_s},
        {"converged", with(read_converged), {"quiet"}, {}, protocol_s},
    };
    return table;
}

const SubjectWord* find_subject(std::string_view key) {
    const auto& table = subject_words();
    const auto at = std::find_if(table.begin(), table.end(),
                                 [&](const SubjectWord& word) { return word.key == key; });
    return at == table.end() ? nullptr : &*at;
}

const std::vector<std::string_view>& common_check_keys() {
    static const std::vector<std::string_view> keys{"name",  "within", "for",    "every",  "not",
                                                    "after", "during", "before", "points", "hint",
                                                    "level", "tags",   "matrix"};
    return keys;
}

}  // namespace topology
