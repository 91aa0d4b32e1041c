// The kernel's attributes with the types of their values, as its nla_policy tables have them
// (net/core/rtnetlink.c, net/ipv4/devinet.c, net/ipv4/fib_frontend.c, net/bridge/br_netlink.c).
#pragma once

#include "netlink/message.hpp"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include <cstdint>
#include <string_view>

namespace netlink {

namespace ifla {
inline constexpr Attr<IFLA_IFNAME, std::string_view> name;
inline constexpr Attr<IFLA_ADDRESS, Bytes> address;
inline constexpr Attr<IFLA_MTU, std::uint32_t> mtu;
inline constexpr Attr<IFLA_MASTER, std::uint32_t> master;
inline constexpr Attr<IFLA_GROUP, std::uint32_t> group;
inline constexpr Attr<IFLA_NET_NS_FD, std::uint32_t> netns_fd;
inline constexpr Attr<IFLA_TARGET_NETNSID, std::int32_t> target_nsid;
inline constexpr Attr<IFLA_EXT_MASK, std::uint32_t> ext_mask;
inline constexpr Container<IFLA_LINKINFO> info;
inline constexpr Attr<IFLA_INFO_KIND, std::string_view> kind;
inline constexpr Container<IFLA_INFO_DATA> data;
inline constexpr Container<VETH_INFO_PEER> veth_peer;
inline constexpr Attr<IFLA_LINK, std::uint32_t> link;
inline constexpr Attr<IFLA_INFO_SLAVE_KIND, std::string_view> slave_kind;
inline constexpr Container<IFLA_INFO_SLAVE_DATA> slave_data;
inline constexpr Container<IFLA_AF_SPEC> af_spec;
// Inside IFLA_AF_SPEC the containers are numbered by address family.
inline constexpr Container<10> af_spec_inet6;
inline constexpr Attr<IFLA_INET6_ADDR_GEN_MODE, std::uint8_t> addr_gen_mode;
}  // namespace ifla

namespace ifla_br {
inline constexpr Attr<IFLA_BR_FORWARD_DELAY, std::uint32_t> forward_delay;  // 1/100 s, as the next
inline constexpr Attr<IFLA_BR_HELLO_TIME, std::uint32_t> hello_time;
inline constexpr Attr<IFLA_BR_MAX_AGE, std::uint32_t> max_age;
inline constexpr Attr<IFLA_BR_AGEING_TIME, std::uint32_t> ageing_time;
inline constexpr Attr<IFLA_BR_STP_STATE, std::uint32_t> stp_state;
inline constexpr Attr<IFLA_BR_PRIORITY, std::uint16_t> priority;
inline constexpr Attr<IFLA_BR_MCAST_SNOOPING, std::uint8_t> mcast_snooping;
inline constexpr Attr<IFLA_BR_VLAN_FILTERING, std::uint8_t> vlan_filtering;
inline constexpr Attr<IFLA_BR_VLAN_DEFAULT_PVID, std::uint16_t> default_pvid;
}  // namespace ifla_br

namespace ifla_brport {
inline constexpr Attr<IFLA_BRPORT_PRIORITY, std::uint16_t> priority;
inline constexpr Attr<IFLA_BRPORT_COST, std::uint32_t> cost;
inline constexpr Attr<IFLA_BRPORT_MODE, std::uint8_t> hairpin;
inline constexpr Attr<IFLA_BRPORT_GUARD, std::uint8_t> guard;
inline constexpr Attr<IFLA_BRPORT_LEARNING, std::uint8_t> learning;
inline constexpr Attr<IFLA_BRPORT_ISOLATED, std::uint8_t> isolated;
inline constexpr Attr<IFLA_BRPORT_UNICAST_FLOOD, std::uint8_t> flood;
inline constexpr Attr<IFLA_BRPORT_MCAST_FLOOD, std::uint8_t> flood_multicast;
inline constexpr Attr<IFLA_BRPORT_BCAST_FLOOD, std::uint8_t> flood_broadcast;
inline constexpr Attr<IFLA_BRPORT_STATE, std::uint8_t> state;
}  // namespace ifla_brport

// Inside IFLA_AF_SPEC of a message of the family AF_BRIDGE.
namespace ifla_bridge {
inline constexpr Attr<IFLA_BRIDGE_FLAGS, std::uint16_t> flags;
inline constexpr Attr<IFLA_BRIDGE_VLAN_INFO, bridge_vlan_info> vlan_info;
}  // namespace ifla_bridge

namespace ifla_kind {
inline constexpr Attr<IFLA_VLAN_ID, std::uint16_t> vlan_id;
inline constexpr Attr<IFLA_VRF_TABLE, std::uint32_t> vrf_table;
inline constexpr Attr<IFLA_BOND_MODE, std::uint8_t> bond_mode;
inline constexpr Attr<IFLA_BOND_MIIMON, std::uint32_t> bond_miimon;  // ms
inline constexpr Attr<IFLA_BOND_AD_LACP_RATE, std::uint8_t> bond_lacp_rate;
inline constexpr Attr<IFLA_MACVLAN_MODE, std::uint32_t> macvlan_mode;
inline constexpr Attr<IFLA_IPVLAN_MODE, std::uint16_t> ipvlan_mode;
inline constexpr Attr<IFLA_VXLAN_ID, std::uint32_t> vxlan_id;
inline constexpr Attr<IFLA_VXLAN_LOCAL, Bytes> vxlan_local;
inline constexpr Attr<IFLA_VXLAN_GROUP, Bytes> vxlan_remote;       // one peer is a group of one
inline constexpr Attr<IFLA_VXLAN_PORT, std::uint16_t> vxlan_port;  // in the order of the network
inline constexpr Attr<IFLA_VXLAN_LEARNING, std::uint8_t> vxlan_learning;
inline constexpr Attr<IFLA_GRE_LOCAL, Bytes> gre_local;
inline constexpr Attr<IFLA_GRE_REMOTE, Bytes> gre_remote;
inline constexpr Attr<IFLA_GRE_IFLAGS, std::uint16_t> gre_flags_in;  // as the next three
inline constexpr Attr<IFLA_GRE_OFLAGS, std::uint16_t> gre_flags_out;
inline constexpr Attr<IFLA_GRE_IKEY, std::uint32_t> gre_key_in;
inline constexpr Attr<IFLA_GRE_OKEY, std::uint32_t> gre_key_out;
inline constexpr Attr<IFLA_GRE_TTL, std::uint8_t> gre_ttl;
inline constexpr Attr<IFLA_IPTUN_LOCAL, Bytes> ipip_local;
inline constexpr Attr<IFLA_IPTUN_REMOTE, Bytes> ipip_remote;
inline constexpr Attr<IFLA_IPTUN_TTL, std::uint8_t> ipip_ttl;
}  // namespace ifla_kind

namespace ifa {
inline constexpr Attr<IFA_LOCAL, Bytes> local;
inline constexpr Attr<IFA_ADDRESS, Bytes> address;
inline constexpr Attr<IFA_BROADCAST, Bytes> broadcast;
inline constexpr Attr<IFA_PROTO, std::uint8_t> protocol;
inline constexpr Attr<IFA_TARGET_NETNSID, std::int32_t> target_nsid;
}  // namespace ifa

namespace rta {
inline constexpr Attr<RTA_DST, Bytes> destination;
inline constexpr Attr<RTA_SRC, Bytes> source;
inline constexpr Attr<RTA_IIF, std::uint32_t> iif;
inline constexpr Attr<RTA_GATEWAY, Bytes> gateway;
inline constexpr Attr<RTA_VIA, Bytes> via;  // rtvia: family, then the address
inline constexpr Attr<RTA_OIF, std::uint32_t> oif;
inline constexpr Attr<RTA_PREFSRC, Bytes> preferred_source;
inline constexpr Attr<RTA_PRIORITY, std::uint32_t> priority;
inline constexpr Attr<RTA_TABLE, std::uint32_t> table;
inline constexpr Container<RTA_MULTIPATH> multipath;
}  // namespace rta

namespace fra {
inline constexpr Attr<FRA_PRIORITY, std::uint32_t> priority;
inline constexpr Attr<FRA_TABLE, std::uint32_t> table;
}  // namespace fra

namespace netnsa {
inline constexpr Attr<NETNSA_NSID, std::int32_t> nsid;
inline constexpr Attr<NETNSA_FD, std::uint32_t> fd;
}  // namespace netnsa

}  // namespace netlink
