// Every way that packets may take, by the forwarding tables of all nodes: of equal next hops the
// kernel picks one for each pair of addresses, so that a walk of packets shows one of them only.
#pragma once

#include "labd/check/question.hpp"

#include <map>
#include <string>
#include <vector>

namespace labd::check {

struct OneWay {
    std::vector<std::string> nodes;  // the sender first
    bool arrived = false;
    std::string lost;  // why it has not
};

// To an address, by main tables; at most `most` of them, in the order of their nodes. `more`:
// there are others. Pure.
std::vector<OneWay> all_ways(const topology::Lab& lab,
                             const std::map<std::string, Reading>& readings,
                             const std::string& from, const topology::Ip& to, std::size_t most,
                             bool& more);

}  // namespace labd::check
