// See tunnels.hpp.
#include "topology/tunnels.hpp"

#include "topology/end_reader.hpp"
#include "topology/node_set.hpp"
#include "topology/stages.hpp"
#include "topology/suggest.hpp"
#include "topology/wireguard.hpp"

#include <algorithm>
#include <array>

namespace topology {
namespace {

constexpr std::uint16_t vxlan_port = 4789;
constexpr std::int64_t most_vni = 0xffffff;

struct Header {
    DeviceKind kind;
    std::uint32_t bytes;  // put before a packet, over IPv4
};
constexpr std::array<Header, 4> headers{{{DeviceKind::vxlan, 50},
                                         {DeviceKind::gre, 24},
                                         {DeviceKind::ipip, 20},
                                         {DeviceKind::wireguard, 60}}};
constexpr std::uint32_t gre_key_bytes = 4;
constexpr std::uint32_t more_over_ipv6 = 20;

std::uint32_t header_of(const Interface& tunnel) {
    for (const Header& header : headers)
        if (header.kind == tunnel.kind)
            return header.bytes +
                   (tunnel.kind == DeviceKind::gre && tunnel.device.id != 0 ? gre_key_bytes : 0);
    return 0;
}

const Interface* find(const Node& node, const std::string& name) {
    for (const Interface& interface : node.interfaces)
        if (interface.name == name) return &interface;
    return nullptr;
}

std::optional<Ip> first_of(Family family, const std::vector<Prefix>& addresses) {
    for (const Prefix& address : addresses)
        if (address.ip.family == family) return address.ip;
    return std::nullopt;
}

// The node's own name for itself, but not by what the tunnel itself holds.
std::optional<Ip> outer_primary(Family family, const Node& node) {
    if (const auto loopback = first_of(family, node.loopbacks)) return loopback;
    for (const Interface& interface : node.interfaces)
        if (is_cable(interface.kind))
            if (const auto ip = first_of(family, interface.addresses)) return ip;
    return std::nullopt;
}

// What the tunnel's packets leave the node with.
std::optional<Ip> outer_address(Family family, const Node& node, const Interface& tunnel) {
    const std::string& over = tunnel.device.lower;
    const Interface* outer = find(node, over);
    return over.empty()       ? outer_primary(family, node)
           : outer == nullptr ? first_of(family, node.loopbacks)
                              : first_of(family, outer->addresses);
}

// WireGuard's ends speak IPv4 to each other, or else IPv6 if all of them have that.
void address_wireguard(Lab& lab, const Link& link) {
    const auto all_have = [&](Family family) {
        return std::all_of(link.ends.begin(), link.ends.end(), [&](const End& end) {
            return outer_address(family, lab.nodes[end.node], lab.at(end)).has_value();
        });
    };
    if (all_have(Family::ipv4) || !all_have(Family::ipv6)) return;
    for (const End& end : link.ends) {
        Interface& tunnel = lab.at(end);
        const Interface* outer = find(lab.nodes[end.node], tunnel.device.lower);
        tunnel.device.local = outer_address(Family::ipv6, lab.nodes[end.node], tunnel);
        // What finish_tunnels() has made of it; another one somebody has said.
        if (tunnel.mtu == (outer != nullptr ? outer->mtu : 1500U) - header_of(tunnel))
            tunnel.mtu -= more_over_ipv6;
    }
}

}  // namespace

void check_link_type(const Value& keys, Context& context) {
    const Value* type = keys.find("type");
    const auto word =
        type == nullptr
            ? std::optional<std::string>("veth")
            : context.reader.word("type", *type, {"veth", "wireguard", "gre", "ipip", "vxlan"});
    if (word != "veth") return;
    for (const Member& member : keys.members)
        if (is_tunnel_key(member.key) && !member.value.is_false())
            context.diagnostics.error("KEY", member.where,
                                      "\"" + member.key + "\" belongs to a tunnel",
                                      "type = \"vxlan\"");
}

DeviceKind link_kind(const Value& keys) {
    const Value* type = keys.find("type");
    if (type != nullptr)
        for (const Header& header : headers)
            if (kind_word(header.kind) == type->text) return header.kind;
    return DeviceKind::veth;
}

bool fits_tunnel(DeviceKind kind, std::size_t ends, const Value& keys, Context& context) {
    const bool many = kind == DeviceKind::wireguard || kind == DeviceKind::vxlan;
    if (is_cable(kind) || ends == 2 || (many && ends > 2)) return true;
    const std::string who = std::string("a link of type \"") + kind_word(kind) + "\"";
    if (ends < 2)
        context.diagnostics.error("D21", keys.find("type")->where,
                                  who + " joins two nodes, this one has one", "name the other end");
    else
        context.diagnostics.error("D21", keys.find("type")->where,
                                  who + " has two ends, this one has " + std::to_string(ends),
                                  "type = \"vxlan\" or \"wireguard\" joins any number; full = "
                                  "[...] makes a link of every "
                                  "pair");
    return false;
}

bool is_tunnel_key(std::string_view key) {
    return key == "over" || key == "key" || key == "udp-port";
}

void read_tunnel_end(const Value& keys, const Node& node, Interface& interface, Context& context) {
    DeviceSettings& settings = interface.device;
    if (const Value* over = keys.find("over")) {
        const Value* own = over->is(Value::Type::table) ? over->find(node.name) : over;
        if (own != nullptr) settings.lower = context.reader.string(*own).value_or("");
    }
    if (interface.kind == DeviceKind::vxlan) {
        const Value* key = keys.find("key");
        const auto id = key == nullptr ? std::optional<std::int64_t>(1)
                                       : context.reader.integer("key", *key, 1, most_vni);
        settings.id = static_cast<std::uint32_t>(id.value_or(1));
        if (settings.udp_port == 0) settings.udp_port = vxlan_port;
    } else if (const Value* key = keys.find("key"); key != nullptr && !key->is_false()) {
        if (interface.kind == DeviceKind::wireguard)
            context.diagnostics.error("KEY", key->where, "labd makes the keys of WireGuard itself",
                                      "leave \"key\" out: nobody has to know them");
        else if (interface.kind != DeviceKind::gre)
            context.diagnostics.error("KEY", key->where, "IP in IP has no key", "type = \"gre\"");
        else if (const auto id = context.reader.integer("key", *key, 1, UINT32_MAX))
            settings.id = static_cast<std::uint32_t>(*id);
    }
    // Those kinds have IP addresses where others have MACs, or nothing.
    if (interface.kind != DeviceKind::vxlan) interface.mac = {};
}

void finish_tunnels(Lab& lab, Diagnostics& diagnostics) {
    number_wireguard_ports(lab, diagnostics);
    for (const Link& link : lab.links) {
        if (is_cable(link.kind)) continue;
        for (const End& end : link.ends) {
            Interface& tunnel = lab.at(end);
            const Node& node = lab.nodes[end.node];
            const std::string& over = tunnel.device.lower;
            const Interface* outer = find(node, over);
            if (!over.empty() && over != "lo" && outer == nullptr) {
                std::vector<std::string> names;
                for (const Interface& other : node.interfaces)
                    if (is_cable(other.kind)) names.push_back(other.name);
                diagnostics.error("D21", link.where,
                                  node.name + " has no interface \"" + over + "\" to run over",
                                  names.empty() ? "" : "over = one of " + join(names));
            }
            // 0: nothing was said.
            if (tunnel.mtu == 0)
                tunnel.mtu = (outer != nullptr ? outer->mtu : 1500U) - header_of(tunnel);
        }
    }
}

void address_tunnels(Lab& lab, Diagnostics& diagnostics) {
    check_wireguard_addresses(lab, diagnostics);
    for (const Link& link : lab.links)
        if (link.kind == DeviceKind::wireguard) address_wireguard(lab, link);
    for (Node& node : lab.nodes)
        for (Interface& tunnel : node.interfaces) {
            DeviceSettings& settings = tunnel.device;
            const bool known = header_of(tunnel) != 0;
            const bool inner = tunnel.link == npos;
            if (!known || settings.local || (inner && settings.lower.empty())) continue;
            settings.local = outer_address(Family::ipv4, node, tunnel);
            if (!settings.local)
                diagnostics.error(
                    "D21", tunnel.where,
                    node.name + ":" + tunnel.name + " runs over " +
                        (settings.lower.empty() ? "no interface with an IPv4 address"
                                                : settings.lower + ", which has no IPv4 address"),
                    settings.lower == "lo" ? "loopback = true" : "over = \"eth0\"");
        }
    for (const Link& link : lab.links)
        if (!is_cable(link.kind) && link.ends.size() == 2)
            for (std::size_t e = 0; e < 2; ++e)
                lab.at(link.ends[e]).device.remote = lab.at(link.ends[1 - e]).device.local;
}

}  // namespace topology
