// The keys `dhcp`, `x-dhcp` and `ra` of a network.
#pragma once

#include "topology/address_services.hpp"
#include "topology/context.hpp"
#include "topology/node_list.hpp"

#include <optional>
#include <string>

namespace topology {

// true, false, or { server, range = "10.0.1.100-10.0.1.199", lease = "1h", dns = ["ns"] }.
std::optional<Dhcp> read_dhcp(const Value& value, const NodeList& nodes, Context& context);
// true, false, or { slaac, onlink, other, lifetime = "30min" }.
std::optional<Advertise> read_advertise(const Value& value, Context& context);

// The same service, wherever it is written.
bool is_same(const Dhcp& a, const Dhcp& b);
bool is_same(const Advertise& a, const Advertise& b);

// As values of the resolved form.
std::string dhcp_text(const Dhcp& dhcp);
std::string advertise_text(const Advertise& advertise);

}  // namespace topology
