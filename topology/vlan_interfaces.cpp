// See vlan_interfaces.hpp.
#include "topology/vlan_interfaces.hpp"

#include "topology/end_reader.hpp"
#include "topology/keys.hpp"
#include "topology/names.hpp"

#include <algorithm>

namespace topology {
namespace {

// `interfaces.NAME` of the node.
void read_own_keys(const Value& merged, const NodeList& nodes, Interface& interface,
                   Context& context) {
    const Value* interfaces = merged.find("interfaces");
    const Value* own = interfaces == nullptr ? nullptr : interfaces->find(interface.name);
    if (own == nullptr || !own->is(Value::Type::table)) return;
    EndKeys keys;
    keys.add(*own);
    read_end(keys, nodes, interface, context);
    if (!interface.vlans.any()) return;
    context.diagnostics.error("D40", interface.vlans.where,
                              interface.name + " is one VLAN, not a port of some", "");
    interface.vlans = {};
}

void check_name(const Interface& interface, const Where& where, Diagnostics& diagnostics) {
    const std::string trouble = interface_name_trouble(interface.name);
    if (!trouble.empty())
        diagnostics.error("D19", where, "\"" + interface.name + "\": " + trouble,
                          "a shorter name of the interface below it");
}

}  // namespace

void fit_vlans(const Node& node, Interface& interface, Diagnostics& diagnostics) {
    Vlans& vlans = interface.vlans;
    if (vlans.access && vlans.trunk())
        diagnostics.error("D40", vlans.where,
                          node.name + ":" + interface.name +
                              " is an access port (vlan) and a trunk (vlans, native)",
                          "one of the two");
    // On the wire of a trunk the native VLAN has no tag.
    if (vlans.native) std::erase(vlans.tagged, *vlans.native);
    if (node.kind == Kind::switch_) return;
    if (node.kind == Kind::hub) {
        vlans = {};
        return;
    }
    vlans.access.reset();
    if (!vlans.tagged.empty() && !vlans.native && !interface.explicit_addresses.empty()) {
        diagnostics.error(
            "D40", interface.explicit_addresses[0].second,
            node.name + ":" + interface.name + " carries tagged frames only, so it has no address",
            "interfaces = { \"" + interface.name + "." + std::to_string(vlans.tagged.front()) +
                "\" = { addresses = \"…\" } }, or native");
        interface.explicit_addresses.clear();
    }
}

void check_vlans(const Lab& lab, const Link& link, Diagnostics& diagnostics) {
    const Where* said = nullptr;
    for (const End& end : link.ends) {
        const Interface& interface = lab.at(end);
        if (lab.nodes[end.node].kind == Kind::switch_) return;
        if (interface.vlans.where.line != 0 && !interface.vlans.trunk())
            said = &interface.vlans.where;
    }
    if (said != nullptr)
        diagnostics.error("D40", *said,
                          link.ends.size() == 2 ? "neither end is a switch" : "no end is a switch",
                          "a trunk to a router is vlans = [...]");
}

Interface vlan_interface(const Node& node, const Interface& trunk, VlanId id, const Value& merged,
                         const NodeList& nodes, Context& context) {
    Interface out;
    out.name = trunk.name + "." + std::to_string(id);
    out.kind = DeviceKind::vlan;
    out.device.lower = trunk.name;
    out.device.id = id;
    out.link = trunk.link;
    out.end = npos;
    out.segment = npos;
    out.mac = trunk.mac;
    out.mtu = trunk.mtu;
    out.up = trunk.up;
    out.ipv4 = trunk.ipv4;
    out.ipv6 = trunk.ipv6;
    out.cost = trunk.cost;
    out.area = trunk.area;
    out.priority = trunk.priority;
    out.timers = trunk.timers;
    out.passive = trunk.passive;
    out.gateway = trunk.gateway;
    out.vrf = trunk.vrf;
    out.where = trunk.vlans.where;
    check_name(out, out.where, context.diagnostics);
    read_own_keys(merged, nodes, out, context);
    if (out.mtu > trunk.mtu)
        context.diagnostics.error("D38", out.where,
                                  node.name + ":" + out.name + " has an MTU of " +
                                      std::to_string(out.mtu) + ", " + trunk.name +
                                      " below it one of " + std::to_string(trunk.mtu),
                                  "mtu on the link");
    return out;
}

void add_vlan_routing(Node& node, const Value& merged, const NodeList& nodes, Context& context) {
    if (node.kind != Kind::switch_) return;
    std::optional<std::uint32_t> mtu;
    for (const Interface& port : node.interfaces) {
        node.vlan_filtering |= port.vlans.any();
        mtu = std::min(mtu.value_or(port.mtu), port.mtu);
    }
    node.vlan_filtering |= !node.svi.empty();
    for (const VlanId id : node.svi) {
        Interface out;
        out.name = "vlan" + std::to_string(id);
        out.kind = DeviceKind::vlan;
        out.device.lower = switch_bridge;
        out.device.id = id;
        out.link = out.end = out.segment = npos;
        out.mac = bridge_mac(node.name);
        out.mtu = mtu.value_or(out.mtu);
        out.where = node.where;
        read_own_keys(merged, nodes, out, context);
        const auto twin = std::any_of(node.interfaces.begin(), node.interfaces.end(),
                                      [&](const Interface& i) { return i.name == out.name; });
        if (twin)
            context.diagnostics.error("D71", node.where,
                                      node.name + " has two interfaces \"" + out.name + "\"",
                                      "rename the end of the link");
        else
            node.interfaces.push_back(std::move(out));
    }
}

}  // namespace topology
