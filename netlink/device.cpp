// One row a kind: how its settings are written and read. A kind without a row has none.
#include "netlink/device.hpp"

#include "netlink/attributes.hpp"

#include <arpa/inet.h>
#include <linux/if_tunnel.h>

#include <algorithm>
#include <array>

namespace netlink {
namespace {

struct Kind {
    std::string_view name;
    void (*put)(Message&, const KindSettings&);
    void (*parse)(const Attribute&, KindSettings&);
    bool has_mac = true;
};

// Looked at every 100 ms whether members still carry.
constexpr std::uint32_t bond_miimon_ms = 100;
constexpr std::uint32_t mode_802_3ad = 4;
constexpr std::uint8_t lacp_fast = 1;
constexpr std::uint8_t tunnel_ttl = 64;  // 0 would take it from the packet inside

template <class T>
std::uint32_t number(const Attribute& a) {
    return a.as<T>().value_or(0);
}

template <std::uint16_t Local, std::uint16_t Remote>
void put_ends(Message& message, const KindSettings& settings, Attr<Local, Bytes> local,
              Attr<Remote, Bytes> remote) {
    if (settings.local) message.put(local, settings.local->view());
    if (settings.remote) message.put(remote, settings.remote->view());
}

// Zeros are how the kernel says that there is none.
std::optional<Ip> end_of(const Attribute& a) {
    constexpr std::uint8_t af_inet = 2;
    const auto ip = ip_from(af_inet, a.payload);
    return ip && *ip != Ip{} ? ip : std::nullopt;
}

void put_vlan(Message& message, const KindSettings& settings) {
    message.put(ifla_kind::vlan_id, static_cast<std::uint16_t>(settings.id));
}
void parse_vlan(const Attribute& a, KindSettings& out) {
    if (a.number == IFLA_VLAN_ID) out.id = number<std::uint16_t>(a);
}

void put_vrf(Message& message, const KindSettings& settings) {
    message.put(ifla_kind::vrf_table, settings.id);
}
void parse_vrf(const Attribute& a, KindSettings& out) {
    if (a.number == IFLA_VRF_TABLE) out.id = number<std::uint32_t>(a);
}

void put_bond(Message& message, const KindSettings& settings) {
    message.put(ifla_kind::bond_mode, static_cast<std::uint8_t>(settings.mode));
    message.put(ifla_kind::bond_miimon, bond_miimon_ms);
    if (settings.mode == mode_802_3ad) message.put(ifla_kind::bond_lacp_rate, lacp_fast);
}
void parse_bond(const Attribute& a, KindSettings& out) {
    if (a.number == IFLA_BOND_MODE) out.mode = number<std::uint8_t>(a);
}

void put_macvlan(Message& message, const KindSettings& settings) {
    message.put(ifla_kind::macvlan_mode, settings.mode);
}
void parse_macvlan(const Attribute& a, KindSettings& out) {
    if (a.number == IFLA_MACVLAN_MODE) out.mode = number<std::uint32_t>(a);
}

void put_ipvlan(Message& message, const KindSettings& settings) {
    message.put(ifla_kind::ipvlan_mode, static_cast<std::uint16_t>(settings.mode));
}
void parse_ipvlan(const Attribute& a, KindSettings& out) {
    if (a.number == IFLA_IPVLAN_MODE) out.mode = number<std::uint16_t>(a);
}

void put_vxlan(Message& message, const KindSettings& settings) {
    message.put(ifla_kind::vxlan_id, settings.id);
    put_ends(message, settings, ifla_kind::vxlan_local, ifla_kind::vxlan_remote);
    message.put(ifla_kind::vxlan_port, htons(settings.udp_port));
    message.put(ifla_kind::vxlan_learning, std::uint8_t{settings.learning});
}
void parse_vxlan(const Attribute& a, KindSettings& out) {
    if (a.number == IFLA_VXLAN_ID) out.id = number<std::uint32_t>(a);
    if (a.number == IFLA_VXLAN_LOCAL) out.local = end_of(a);
    if (a.number == IFLA_VXLAN_GROUP) out.remote = end_of(a);
    if (a.number == IFLA_VXLAN_PORT) out.udp_port = ntohs(a.as<std::uint16_t>().value_or(0));
    if (a.number == IFLA_VXLAN_LEARNING) out.learning = number<std::uint8_t>(a) != 0;
}

void put_gre(Message& message, const KindSettings& settings) {
    put_ends(message, settings, ifla_kind::gre_local, ifla_kind::gre_remote);
    message.put(ifla_kind::gre_ttl, tunnel_ttl);
    if (settings.id == 0) return;
    message.put(ifla_kind::gre_flags_in, std::uint16_t{GRE_KEY});
    message.put(ifla_kind::gre_flags_out, std::uint16_t{GRE_KEY});
    message.put(ifla_kind::gre_key_in, htonl(settings.id));
    message.put(ifla_kind::gre_key_out, htonl(settings.id));
}
void parse_gre(const Attribute& a, KindSettings& out) {
    if (a.number == IFLA_GRE_LOCAL) out.local = end_of(a);
    if (a.number == IFLA_GRE_REMOTE) out.remote = end_of(a);
    if (a.number == IFLA_GRE_OKEY) out.id = ntohl(number<std::uint32_t>(a));
}

void put_ipip(Message& message, const KindSettings& settings) {
    put_ends(message, settings, ifla_kind::ipip_local, ifla_kind::ipip_remote);
    message.put(ifla_kind::ipip_ttl, tunnel_ttl);
}
void parse_ipip(const Attribute& a, KindSettings& out) {
    if (a.number == IFLA_IPTUN_LOCAL) out.local = end_of(a);
    if (a.number == IFLA_IPTUN_REMOTE) out.remote = end_of(a);
}

// All that it is told comes later, by another protocol (wireguard.hpp).
void put_nothing(Message&, const KindSettings&) {}
void parse_nothing(const Attribute&, KindSettings&) {}

constexpr std::array kinds{
    Kind{"vlan", put_vlan, parse_vlan},
    Kind{"vrf", put_vrf, parse_vrf},
    Kind{"bond", put_bond, parse_bond},
    Kind{"macvlan", put_macvlan, parse_macvlan},
    Kind{"ipvlan", put_ipvlan, parse_ipvlan},
    Kind{"vxlan", put_vxlan, parse_vxlan},
    Kind{"gre", put_gre, parse_gre, false},
    Kind{"ipip", put_ipip, parse_ipip, false},
    Kind{"wireguard", put_nothing, parse_nothing, false},
};

const Kind* find(std::string_view name) {
    const auto found =
        std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.name == name; });
    return found == kinds.end() ? nullptr : &*found;
}

}  // namespace

Message create_device(const NewLink& link, std::string_view kind, const KindSettings& settings) {
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(link.index);
    Message out(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header);
    out.put(ifla::name, link.name);
    const Kind* row = find(kind);
    if (row == nullptr || row->has_mac) out.put(ifla::address, link.mac);
    out.put(ifla::mtu, link.mtu);
    out.put(ifla::group, link.group);
    if (settings.lower != 0) out.put(ifla::link, settings.lower);
    const auto info = out.nest(ifla::info);
    out.put(ifla::kind, kind);
    if (row != nullptr) {
        const auto data = out.nest(ifla::data);
        row->put(out, settings);
    }
    return out;
}

void parse_settings(std::string_view kind, Bytes data, KindSettings& out) {
    const Kind* row = find(kind);
    if (row == nullptr) return;
    for_attributes(data, [&](const Attribute& a) { row->parse(a, out); });
}

}  // namespace netlink
