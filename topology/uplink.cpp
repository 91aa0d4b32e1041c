// See uplink.hpp. Two addresses a nat, out of the shared address space of RFC 6598 and of a network
// of unique local addresses: by lab and node alone, so that the same file has the same ones again.
#include "topology/uplink.hpp"

#include "topology/end_reader.hpp"
#include "topology/names.hpp"
#include "topology/plan.hpp"
#include "topology/tunnels.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace topology {
namespace {

constexpr std::array<std::uint8_t, 5> ipv6_network{0xfd, 'l', 'a', 'b', 'd'};
constexpr std::uint8_t first_byte = 100, second_byte = 64, second_mask = 0x3f;
constexpr std::uint8_t ipv4_pair = 31, ipv6_pair = 127;

std::array<std::uint8_t, 4> bytes_of(const std::string& words) {
    const std::string hex = digest(words);
    std::array<std::uint8_t, 4> out{};
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<std::uint8_t>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
    return out;
}

const Interface* uplink_of(const Node& node) {
    for (const Interface& interface : node.interfaces)
        if (interface.kind == DeviceKind::uplink) return &interface;
    return nullptr;
}

void check_uplink(const Node& node, Diagnostics& diagnostics) {
    const Interface* uplink = uplink_of(node);
    if (uplink != nullptr && uplink->explicit_addresses.size() > 2)
        diagnostics.error("D43", uplink->explicit_addresses.back().second,
                          "labd gives the uplink of " + node.name + " its addresses",
                          "leave \"uplink\" out of addresses");
}

// What the end beside an external one is asked for, and could not be given.
void check_inner_end(const Lab& lab, const Node& outside, const End& end,
                     Diagnostics& diagnostics) {
    const Node& node = lab.nodes[end.node];
    const Interface& interface = lab.at(end);
    if (node.is_outside())
        diagnostics.error("D43", outside.where,
                          outside.name + " and " + node.name + " are both outside the lab",
                          "a switch between them");
    const Interface* master = nullptr;
    for (const Interface& other : node.interfaces)
        if (other.name == interface.master) master = &other;
    if (master != nullptr && master->kind == DeviceKind::bond)
        diagnostics.error("D43", interface.where, "an interface of the host is in no bond",
                          "a link of its own");
}

void check_external(const Lab& lab, const Node& node, std::map<std::string, std::string>& taken,
                    Diagnostics& diagnostics) {
    if (node.device.text.empty()) {
        // Perhaps it does, in a word that is wrong.
        if (diagnostics.failed()) return;
        diagnostics.error("D43", node.where, node.name + " does not say which interface it is",
                          "device = \"eth7\"");
        return;
    }
    const std::string trouble = interface_name_trouble(node.device.text);
    if (!trouble.empty()) {
        diagnostics.error("D43", node.device.where, trouble, "ip link lists those of the host");
        return;
    }
    const auto [holder, first] = taken.emplace(node.device.text, node.name);
    if (!first)
        diagnostics.error("D43", node.device.where,
                          node.device.text + " is " + holder->second + " already",
                          "one node an interface");
    const bool one_pair = node.interfaces.size() == 1 &&
                          node.interfaces[0].link < lab.links.size() &&
                          is_cable(lab.links[node.interfaces[0].link].kind) &&
                          lab.links[node.interfaces[0].link].ends.size() == 2;
    if (!one_pair) {
        diagnostics.error("D43", node.where,
                          node.name + " is one interface of the host: it has one link to one node",
                          "a switch, for several: links = [[\"" + node.name + "\", \"sw\"], …]");
        return;
    }
    const Link& link = lab.links[node.interfaces[0].link];
    for (const End& end : link.ends) {
        if (&lab.nodes[end.node] != &node) check_inner_end(lab, node, end, diagnostics);
        if (lab.at(end).impairment.any())
            diagnostics.error("D43", lab.at(end).where,
                              link.name + " leads out of the lab, and labd impairs nothing there",
                              "a switch between, and the impairments on the link to it");
    }
}

}  // namespace

std::array<Prefix, 2> uplink_addresses(const std::string& lab, const std::string& node) {
    const std::array<std::uint8_t, 4> bytes = bytes_of("uplink " + lab + " " + node);
    std::array<Prefix, 2> out;
    auto& [v4, v6] = out;
    v4.ip.bytes[0] = first_byte;
    v4.ip.bytes[1] = static_cast<std::uint8_t>(second_byte | (bytes[1] & second_mask));
    v4.ip.bytes[2] = bytes[2];
    v4.ip.bytes[3] = bytes[3] | 1;
    v4.length = ipv4_pair;
    v6.ip.family = Family::ipv6;
    std::copy(ipv6_network.begin(), ipv6_network.end(), v6.ip.bytes.begin());
    std::copy(bytes.begin(), bytes.end(), v6.ip.bytes.begin() + 8);
    v6.ip.bytes[15] = 1;
    v6.length = ipv6_pair;
    return out;
}

void add_uplink(const std::string& lab, Node& node, Diagnostics& diagnostics) {
    if (node.kind != Kind::nat) return;
    for (const Interface& other : node.interfaces)
        if (other.name == uplink_name) {
            diagnostics.error("D71", other.where,
                              node.name + " reaches the host by its interface \"uplink\"",
                              "give this one another name");
            return;
        }
    Interface out;
    out.name = uplink_name;
    out.kind = DeviceKind::uplink;
    out.where = node.where;
    out.link = out.end = out.segment = npos;
    out.mac = make_mac(node.name, out.name);
    for (const Prefix& address : uplink_addresses(lab, node.name))
        out.explicit_addresses.emplace_back(address, node.where);
    node.interfaces.push_back(std::move(out));
}

Prefix host_end(const Prefix& uplink) {
    return uplink.network();
}

std::optional<Route> uplink_route(const Node& nat, Family family) {
    const Interface* uplink = uplink_of(nat);
    if (uplink == nullptr || !uplink->up) return std::nullopt;
    for (const Prefix& address : uplink->addresses)
        if (address.ip.family == family) {
            Route route;
            route.destination.ip.family = family;
            route.hops = {{host_end(address).ip, uplink->name}};
            route.origin = Route::Origin::gateway;
            route.where = nat.where;
            return route;
        }
    return std::nullopt;
}

std::string outside_of(const Lab& lab, const Link& link, const End& end) {
    if (link.ends.size() != 2) return "";
    const End& other = link.ends[link.ends[0] == end ? 1 : 0];
    return lab.nodes[other.node].is_outside() ? lab.nodes[other.node].device.text : "";
}

void check_outside(const Lab& lab, Diagnostics& diagnostics) {
    std::map<std::string, std::string> taken;
    for (const Node& node : lab.nodes) {
        if (node.kind == Kind::nat) check_uplink(node, diagnostics);
        if (node.is_outside()) check_external(lab, node, taken, diagnostics);
    }
}

}  // namespace topology
