// WireGuard links: ports of their ends, and what each end knows of the others.
#pragma once

#include "topology/model.hpp"

namespace topology {

// 51820, and on a node with several such interfaces the next free ones. D21: no port twice.
void number_wireguard_ports(Lab& lab, Diagnostics& diagnostics);
// Without a MAC the kernel makes no link-local address: a network of such alone cannot be.
void check_wireguard_addresses(const Lab& lab, Diagnostics& diagnostics);

// Of two ends each lets everything pass to and from the other. Of more each is told what is behind
// which of the others: its addresses, and the networks that are routed to it.
Wireguard wireguard_of(const Lab& lab, const End& end);

}  // namespace topology
