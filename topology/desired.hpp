// Parts of desired(): one noun each.
#pragma once

#include "topology/plan.hpp"

namespace topology {

// Devices of switches, links, stubs and implied LANs.
void desired_devices(const Lab& lab, State& state);
// Addresses and routes, as far as the kernel can hold them: nothing over an interface that is
// down, no IPv6 over one below 1280 bytes.
void desired_network(const Lab& lab, State& state);
// What lives in nodes with a process.
void desired_contents(const Lab& lab, State& state);

// The smallest MTU with IPv6 (RFC 8200); the kernel drops the protocol from a device below it.
inline constexpr std::uint32_t ipv6_mtu = 1280;

}  // namespace topology
