// What a node says about routing: routing, asn, area, timers, routes, …
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"

namespace topology {

// True when `member` is one of them.
bool read_routing_key(const Member& member, Node& node, Context& context);
// What follows from all of them together: D46, and files that bring a router's own configuration.
void finish_routing(const Value& merged, Node& node, Context& context);

std::optional<std::uint32_t> read_area(const Value& value, Context& context);  // 3 or "0.0.0.3"
std::optional<Timers> read_timers(const Value& value, Context& context);

}  // namespace topology
