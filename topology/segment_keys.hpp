// Keys that speak of a whole network: on a link, or on a switch.
#pragma once

#include "topology/context.hpp"
#include "topology/node_list.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace topology {

struct SegmentKeys {
    std::vector<std::pair<Prefix, Where>> prefixes;
    Text pool;
    std::optional<Text> gateway;
    std::optional<bool> private_;
    std::optional<Dhcp> dhcp;
    std::optional<Advertise> ra;
};

// Reads what `member` says, when it is a segment key.
bool read_segment_key(const Member& member, const NodeList& nodes, Context& context,
                      SegmentKeys& keys);

// NODE, an address, or false ("").
std::optional<Text> read_gateway(const Value& value, const NodeList& nodes, Context& context);

}  // namespace topology
