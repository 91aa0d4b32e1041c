// The keys `masquerade` and `forward` of a router, and the nft table that does what they say.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"
#include "topology/node_list.hpp"

#include <string>

namespace topology {

// ["wan"], or { wan = "ipv4" }.
void read_masquerade(const Value& value, Node& node, Context& context);
// ["tcp 8080 to tv:80", "udp [2001:db8::1]:53 to ns:53"].
void read_forward(const Value& value, const NodeList& nodes, Node& node, Context& context);
// D51: of nodes that do not forward, of interfaces that no link has made.
void check_masquerade(const Lab& lab, Diagnostics& diagnostics);
// D51: a port sent to a node without an address.
void check_forwards(const Lab& lab, Diagnostics& diagnostics);

bool masquerades(const Node& node, const Interface& interface);
// Networks behind a masquerading router are its own, unless they say private = false.
bool is_behind_masquerade(const Lab& lab, const Segment& segment);

// What is loaded into a node: its own `nft`, then table `labd`, which nothing before can flush.
// "" when it has neither.
std::string nft_ruleset(const Lab& lab, const Node& node);

std::string forward_text(const Forward& forward);

}  // namespace topology
