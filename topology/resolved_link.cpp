// One link as [[link]]: names, addresses and MACs of all its ends.
#include "topology/masquerade.hpp"
#include "topology/resolved.hpp"
#include "topology/segment_services.hpp"

#include <algorithm>
#include <tuple>

namespace topology {
namespace {

// Numbers and truth stand bare, all else is a string.
std::string value_text(const std::string& value) {
    const bool digits = !value.empty() && value.size() < 18 &&
                        value.find_first_not_of("0123456789") == std::string::npos;
    return digits || value == "true" || value == "false" ? value : toml_string(value);
}

std::string end_keys(const Lab& lab, const End& end) {
    const Interface& interface = lab.at(end);
    const Node& node = lab.nodes[end.node];
    TomlTable table;
    table.text("mac", interface.mac.text());
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
    if (!interface.port.empty()) {
        TomlTable port;
        for (const auto& [key, value] : interface.port) port.raw(key, value_text(value));
        table.raw("port", port.inline_());
    }
    for (const auto& [key, value] : impairment_toml(interface.impairment)) table.raw(key, value);
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
    TomlTable table;
    table.text("name", link.name);
    std::string ends;
    for (const End& end : link.ends) ends += "  " + toml_string(end_text(lab, end)) + ",\n";
    table.raw(link.lan ? "lan" : "endpoints", "[\n" + ends + "]");
    if (!link.labels.empty()) table.raw("labels", toml_list(link.labels));
    const auto on_segment = [&](auto holds) {
        return std::any_of(link.ends.begin(), link.ends.end(), [&](const End& end) {
            const std::size_t segment = lab.at(end).segment;
            return segment != npos && holds(lab.segments[segment]);
        });
    };
    if (on_segment([](const Segment& segment) { return segment.private_; }))
        table.raw("private", "true");
    else if (on_segment([&](const Segment& s) { return is_behind_masquerade(lab, s); }))
        table.raw("private", "false");
    for (const End& end : link.ends) {
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
    for (const End& end : link.ends)
        out += "ends." + toml_string(lab.nodes[end.node].name + ":" + lab.at(end).name) + " = " +
               end_keys(lab, end) + "\n";
    return out;
}

}  // namespace topology
