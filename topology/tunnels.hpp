// Links that run over other links: `type`, `over`, `key`, and what follows from addresses.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"

namespace topology {

inline bool is_cable(DeviceKind kind) {
    return kind == DeviceKind::veth;
}
// An end of a link, and not a device inside a node.
inline bool is_tunnel_end(const Interface& interface) {
    return interface.end != npos && !is_cable(interface.kind);
}
bool is_tunnel_key(std::string_view key);  // over, key, udp-port
// Once for an entry, however many links it makes: a wrong type, one that is not there yet, keys of
// tunnels without one.
void check_link_type(const Value& keys, Context& context);
DeviceKind link_kind(const Value& keys);  // veth when nothing else is said
// D21: a tunnel has two ends; of some kinds, more.
bool fits_tunnel(DeviceKind kind, std::size_t ends, const Value& keys, Context& context);

// What the keys of a tunnel say about one of its ends.
void read_tunnel_end(const Value& keys, const Node& node, Interface& interface, Context& context);
// D21: what an end runs over must be there. Then its MTU is that, less what the tunnel adds.
void finish_tunnels(Lab& lab, Diagnostics& diagnostics);

// The addresses of ends, of links and of devices inside nodes, once all are known.
void address_tunnels(Lab& lab, Diagnostics& diagnostics);

}  // namespace topology
