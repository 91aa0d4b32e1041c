// The plan's values as netlink's, and back.
#pragma once

#include "netlink/address.hpp"
#include "netlink/bridge_port.hpp"
#include "netlink/link.hpp"
#include "netlink/route.hpp"
#include "topology/plan.hpp"

namespace labd {

netlink::Ip to_netlink(const topology::Ip& ip);
topology::Ip to_topology(const netlink::Ip& ip);
netlink::MacAddress to_netlink(const topology::Mac& mac);
topology::Mac to_topology(const netlink::MacAddress& mac);

netlink::NewLink new_link(int netns, const topology::Device& device);
netlink::Bridge bridge_of(const topology::Device& device);
netlink::BridgePort port_of(const topology::Device& device);
std::vector<netlink::BridgeVlan> vlans_of(const topology::PortVlans& vlans);
topology::PortVlans vlans_of(const std::vector<netlink::BridgeVlan>& vlans);
// All but what it stands on, which is a name here and a number there.
netlink::KindSettings settings_of(const topology::Device& device);
netlink::Address address_of(std::uint32_t index, const topology::Prefix& prefix);

// The device but for its master, its peer and what it stands on, which are numbers; and its VLANs.
topology::Device device_of(const netlink::Link& link);

}  // namespace labd
