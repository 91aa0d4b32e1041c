// One link as [[link]]: names, addresses and MACs of all its ends.
#include "topology/address.hpp"
#include "topology/ends.hpp"
#include "topology/masquerade.hpp"
#include "topology/resolved.hpp"
#include "topology/segment_services.hpp"
#include "topology/tunnels.hpp"

#include <algorithm>
#include <tuple>

namespace topology {
namespace {

std::string port_text(const PortOptions& port) {
    TomlTable out;
    if (port.isolated) out.raw("isolated", "true");
    if (!port.learning) out.raw("learning", "false");
    if (port.hairpin) out.raw("hairpin", "true");
    if (port.guard) out.raw("guard", "true");
    if (port.cost) out.raw("cost", std::to_string(*port.cost));
    if (port.priority) out.raw("priority", std::to_string(*port.priority));
    return out.empty() ? "" : out.inline_();
}

// What the host has given keeps what it had, unless the file says otherwise.
bool keeps_its_own_mac(const Lab& lab, const Interface& interface) {
    if (!interface.is_end() || interface.mac_explicit) return false;
    const std::vector<End>& ends = lab.links[interface.link].ends;
    return std::any_of(ends.begin(), ends.end(),
                       [&](const End& end) { return lab.nodes[end.node].is_outside(); });
}

}  // namespace

void add_vlans(const Vlans& vlans, TomlTable& table) {
    if (vlans.access) table.raw("vlan", std::to_string(*vlans.access));
    if (vlans.native) table.raw("native", std::to_string(*vlans.native));
    if (vlans.tagged.empty()) return;
    std::string list;
    for (const VlanId id : vlans.tagged) list += (list.empty() ? "" : ", ") + std::to_string(id);
    table.raw("vlans", "[" + list + "]");
}

void add_end_keys(const Lab& lab, const Node& node, const Interface& interface, TomlTable& table) {
    if (!interface.mac.is_zero() && !keeps_its_own_mac(lab, interface))
        table.text("mac", interface.mac.text());
    if (!interface.vrf.empty()) table.text("vrf", interface.vrf);
    if (interface.mtu != 1500) table.raw("mtu", std::to_string(interface.mtu));
    if (!interface.up) table.raw("up", "false");
    const bool borrowed =
        interface.ipv4 == AddressMode::unnumbered ||
        (interface.ipv4 == AddressMode::automatic &&
         std::any_of(interface.addresses.begin(), interface.addresses.end(), [&](const Prefix& a) {
             return std::find(node.loopbacks.begin(), node.loopbacks.end(), a) !=
                    node.loopbacks.end();
         }));
    if (borrowed) table.text("ipv4", "unnumbered");
    if (interface.ipv4 == AddressMode::off) table.raw("ipv4", "false");
    if (interface.ipv4 == AddressMode::dhcp) table.text("ipv4", "dhcp");
    if (interface.ipv6 == AddressMode::off)
        table.raw("ipv6", "false");
    else if (interface.ipv6 == AddressMode::slaac)
        table.text("ipv6", "slaac");
    else if (interface.segment != npos && lab.segments[interface.segment].link_local_only)
        table.text("ipv6", "link-local");
    if (interface.cost) table.raw("cost", std::to_string(*interface.cost));
    if (interface.area) table.raw("area", std::to_string(*interface.area));
    if (interface.priority) table.raw("priority", std::to_string(*interface.priority));
    if (interface.timers) table.raw("timers", toml_timers(*interface.timers));
    if (interface.passive) table.raw("passive", *interface.passive ? "true" : "false");
    if (interface.is_end() && interface.device.udp_port != 0)
        table.raw("udp-port", std::to_string(interface.device.udp_port));
    // Those of a port inside the node stand at its bridge.
    if (interface.master.empty()) add_vlans(interface.vlans, table);
    if (const std::string port = port_text(interface.port); !port.empty()) table.raw("port", port);
    for (const auto& [key, value] : impairment_toml(interface.impairment)) table.raw(key, value);
}

namespace {

// A bond of links stands for all its members; one that is a device inside the node for none.
std::vector<End> ends_of(const Lab& lab, std::size_t link) {
    const auto is_member = [&](const End& end) {
        const std::vector<Interface>& all = lab.nodes[end.node].interfaces;
        return std::any_of(all.begin(), all.end(), [&](const Interface& other) {
            return other.name == lab.at(end).master && other.kind == DeviceKind::bond &&
                   other.link != npos;
        });
    };
    std::vector<End> out;
    for (const End& end : lab.links[link].ends) {
        const std::size_t part = is_member(end) ? taking_part(lab, link, end) : end.interface;
        if (part != npos) out.push_back({end.node, part});
    }
    return out;
}

void add_bond(const Lab& lab, const End& end, TomlTable& table) {
    const Node& node = lab.nodes[end.node];
    const Interface& bond = lab.at(end);
    if (bond.kind != DeviceKind::bond) return;
    table.text("bond", bond.device.mode);
    const auto members =
        std::count_if(node.interfaces.begin(), node.interfaces.end(),
                      [&](const Interface& other) { return other.master == bond.name; });
    table.raw("count", std::to_string(members));
}

void add_tunnel(const Lab& lab, const Link& link, TomlTable& table) {
    if (is_cable(link.kind)) return;
    table.text("type", kind_word(link.kind));
    TomlTable over;
    for (const End& end : link.ends)
        if (const std::string& lower = lab.at(end).device.lower; !lower.empty())
            over.text(lab.nodes[end.node].name, lower);
    if (!over.empty()) table.raw("over", over.inline_());
    if (const std::uint32_t id = lab.at(link.ends.front()).device.id; id != 0)
        table.raw("key", std::to_string(id));
}

std::string end_keys(const Lab& lab, const End& end) {
    TomlTable table;
    add_end_keys(lab, lab.nodes[end.node], lab.at(end), table);
    return table.inline_();
}

std::string end_text(const Lab& lab, const End& end) {
    const Interface& interface = lab.at(end);
    const Node& node = lab.nodes[end.node];
    std::string text = node.name + ":" + interface.name;
    for (const Prefix& address : interface.addresses)
        if (std::find(node.loopbacks.begin(), node.loopbacks.end(), address) ==
            node.loopbacks.end())
            text += " " + address.text();
    return text;
}

}  // namespace

std::string resolved_link(const Lab& lab, std::size_t index) {
    const Link& link = lab.links[index];
    const std::vector<End> own = ends_of(lab, index);
    if (own.empty()) return "";
    TomlTable table;
    table.text("name", link.name);
    std::string ends;
    for (const End& end : own) ends += "  " + toml_string(end_text(lab, end)) + ",\n";
    table.raw(link.lan ? "lan" : "endpoints", "[\n" + ends + "]");
    add_bond(lab, own.front(), table);
    add_tunnel(lab, link, table);
    if (!link.labels.empty()) table.raw("labels", toml_list(link.labels));
    const auto on_segment = [&](auto holds) {
        return std::any_of(own.begin(), own.end(), [&](const End& end) {
            const std::size_t segment = lab.at(end).segment;
            return segment != npos && holds(lab.segments[segment]);
        });
    };
    if (on_segment([](const Segment& segment) { return segment.private_; }))
        table.raw("private", "true");
    else if (on_segment([&](const Segment& s) { return is_behind_masquerade(lab, s); }))
        table.raw("private", "false");
    for (const End& end : own) {
        const std::size_t segment = lab.at(end).segment;
        if (segment == npos) continue;
        const auto& [dhcp, ra] = std::tie(lab.segments[segment].dhcp, lab.segments[segment].ra);
        // Hosts have their routes in writing; what DHCP tells is still to be worked out.
        const std::optional<Text>& gateway = lab.segments[segment].gateway;
        if (dhcp && gateway && gateway->text.empty()) table.raw("gateway", "false");
        if (dhcp && gateway && !gateway->text.empty()) table.text("gateway", gateway->text);
        if (dhcp) table.raw(dhcp->own ? "x-dhcp" : "dhcp", dhcp_text(*dhcp));
        if (ra) table.raw("ra", advertise_text(*ra));
        break;
    }
    std::string out = "[[link]]\n" + table.lines();
    for (const End& end : own)
        out += "ends." + toml_string(end_name(lab, end)) + " = " + end_keys(lab, end) + "\n";
    return out;
}

}  // namespace topology
