// Links become veths; switches and links with more than two ends become bridges. What belongs to
// no node (bridges of implied LANs, far ends of stubs) lives in the fabric, numbered in file order.
#include "topology/desired.hpp"
#include "topology/tunnels.hpp"
#include "topology/uplink.hpp"
#include "topology/wireguard.hpp"

#include <algorithm>

namespace topology {
namespace {

constexpr std::uint32_t switch_bridge_index = 99;  // below eth0 = 100
constexpr std::uint32_t first_vrf_index = 20;      // at most 64, above the fallback tunnels
constexpr std::uint32_t vrf_mtu = 65535;           // no packet is too big to be looked up
constexpr std::uint32_t first_fabric_index = 100;
constexpr std::uint32_t default_ageing_s = 300;
constexpr std::uint32_t usual_mtu = 1500;
// What the kernel chooses says nothing new when it is written.
constexpr std::uint16_t default_stp_priority = 32768;
constexpr std::uint8_t default_port_priority = 32;
constexpr std::uint16_t default_port_cost = 2;  // of a veth, which claims 10 Gbit/s

// The same random numbers for the same file, others at every end.
std::uint64_t seed_of(const Lab& lab, const std::string& end) {
    return std::stoull(digest(std::to_string(lab.seed) + " " + lab.name + " " + end), nullptr, 16);
}

class Devices {
  public:
    Devices(const Lab& lab, State& state) : lab_(lab), state_(state) {}

    void build() {
        for (const Node& node : lab_.nodes)
            if (node.is_bridge()) add_switch(node);
        for (const Node& node : lab_.nodes)
            for (std::size_t v = 0; v < node.vrfs.size(); ++v) add_vrf(node, v);
        for (const Node& node : lab_.nodes)
            for (const Interface& interface : node.interfaces)
                if (!interface.is_end()) put({node.name, device_inside(node, interface)});
        for (const Link& link : lab_.links) {
            if (!is_cable(link.kind))
                for (const End& end : link.ends) put(tunnel_end(end));
            else if (leads_out(link))
                join_outside(link);
            else if (link.ends.size() == 2)
                connect(end_device(link.ends[0]), end_device(link.ends[1]));
            else if (link.ends.size() == 1)
                connect(end_device(link.ends[0]), fabric_port(link.ends[0], ""));
            else if (!link.ends.empty())
                add_lan(link);
        }
        for (auto& entry : state_.spaces) fit_bridges(entry.second);
    }

  private:
    struct Placed {
        std::string space;
        Device device;
    };

    bool leads_out(const Link& link) const {
        return std::any_of(link.ends.begin(), link.ends.end(),
                           [&](const End& end) { return lab_.nodes[end.node].is_outside(); });
    }

    // What the host has stays what it is, unless the file says otherwise.
    void join_outside(const Link& link) {
        for (const End& end : link.ends) {
            if (lab_.nodes[end.node].is_outside()) continue;
            Placed out = end_device(end);
            out.device.kind = Device::Kind::external;
            out.device.settings.outside = outside_of(lab_, link, end);
            if (!lab_.at(end).mac_explicit) out.device.mac = {};
            if (out.device.mtu == usual_mtu) out.device.mtu = 0;
            put(std::move(out));
        }
    }

    // The kernel knows of no other end but by its address.
    Placed tunnel_end(const End& end) const {
        const Node& node = lab_.nodes[end.node];
        Placed out{node.name, device_inside(node, lab_.at(end))};
        const Link& link = lab_.links[lab_.at(end).link];
        if (out.device.kind == Device::Kind::vxlan && link.ends.size() > 2)
            for (const End& other : link.ends)
                if (const auto& local = lab_.at(other).device.local; local && other != end)
                    out.device.floods.insert(*local);
        if (out.device.kind != Device::Kind::wireguard) return out;
        out.device.settings = {};
        out.device.wireguard = wireguard_of(lab_, end);
        out.device.quiet = true;  // the kernel's own choice
        return out;
    }

    Placed end_device(const End& end) const {
        const Node& node = lab_.nodes[end.node];
        const Interface& interface = lab_.at(end);
        Placed out;
        out.space = node.name;
        out.device.name = interface.name;
        out.device.index = interface.index;
        out.device.mac = interface.mac;
        out.device.mtu = interface.mtu;
        out.device.up = interface.up;
        out.device.sends = interface.impairment;
        out.device.relayed = interface.relayed;
        if (interface.impairment.any() && !interface.impairment.seed)
            out.device.sends.seed = seed_of(lab_, node.name + ":" + interface.name);
        out.device.quiet = interface.mtu < ipv6_mtu;
        join_master(node, interface, out.device);
        return out;
    }

    // What it is a part of: a switch's bridge, a bridge or bond inside the node, a VRF.
    static void join_master(const Node& node, const Interface& interface, Device& out) {
        const Interface* inner = nullptr;
        for (const Interface& other : node.interfaces)
            if (other.name == interface.master) inner = &other;
        const bool member = inner != nullptr && inner->kind == DeviceKind::bond;
        const bool port = node.is_bridge() && !member && interface.kind != DeviceKind::vlan;
        out.master = inner != nullptr ? inner->name : port ? switch_bridge : interface.vrf;
        if (inner == nullptr && !port) return;
        out.quiet = true;
        if (member) return;
        out.port = interface.port;
        if (interface.port.cost == default_port_cost) out.port.cost.reset();
        if (interface.port.priority == default_port_priority) out.port.priority.reset();
        if (port ? node.vlan_filtering : inner->vlan_filtering)
            out.vlans = port_vlans(interface.vlans);
    }

    static Device device_inside(const Node& node, const Interface& interface) {
        Device out;
        out.kind = interface.kind;
        out.name = interface.name;
        out.index = interface.index;
        out.mac = interface.mac;
        out.mtu = interface.mtu;
        out.up = interface.up;
        out.settings = interface.device;
        // Told as the address that it has: a tunnel may leave by any way there is.
        if (interface.device.local) out.settings.lower.clear();
        out.stp = interface.stp;
        out.vlan_filtering = interface.vlan_filtering;
        out.quiet = interface.mtu < ipv6_mtu;
        join_master(node, interface, out);
        return out;
    }

    // What is at the other end of an interface's cable when no node is.
    Placed fabric_port(const End& end, const std::string& bridge) {
        const Interface& interface = lab_.at(end);
        Placed out;
        out.space = fabric_name;
        out.device.name = "p" + std::to_string(ports_++);
        out.device.index = next_index_++;
        out.device.mac = mac_of("port " + lab_.nodes[end.node].name + " " + interface.name);
        out.device.mtu = interface.mtu;
        out.device.master = bridge;
        out.device.quiet = true;
        return out;
    }

    void connect(Placed a, Placed b) {
        a.device.peer = {b.space, b.device.name};
        b.device.peer = {a.space, a.device.name};
        put(std::move(a));
        put(std::move(b));
    }

    void put(Placed placed) {
        Space& space = state_.spaces[placed.space];
        if (placed.space == fabric_name) space.kind = Space::Kind::fabric;
        space.devices[placed.device.name] = std::move(placed.device);
    }

    void add_switch(const Node& node) {
        Device out = bridge(switch_bridge, switch_bridge_index, "switch " + node.name);
        out.stp = node.stp;
        if (node.stp_priority != default_stp_priority) out.stp_priority = node.stp_priority;
        // A bridge that forgets at once floods: a hub.
        out.ageing_s = node.kind == Kind::hub ? 0 : default_ageing_s;
        out.vlan_filtering = node.vlan_filtering;
        for (const VlanId id : node.svi) out.vlans[id] = {};
        put({node.name, std::move(out)});
    }

    void add_vrf(const Node& node, std::size_t place) {
        const Vrf& vrf = node.vrfs[place];
        Device out;
        out.kind = Device::Kind::vrf;
        out.name = vrf.name;
        out.index = first_vrf_index + static_cast<std::uint32_t>(place);
        out.mac = mac_of("vrf " + node.name + " " + vrf.name);
        out.mtu = vrf_mtu;
        out.settings.id = vrf.table;
        put({node.name, std::move(out)});
    }

    void add_lan(const Link& link) {
        const std::string name = "br" + std::to_string(bridges_++);
        put({fabric_name, bridge(name, next_index_++, "lan " + link.name)});
        for (const End& end : link.ends) connect(end_device(end), fabric_port(end, name));
    }

    static Device bridge(const std::string& name, std::uint32_t index, const std::string& words) {
        Device out;
        out.kind = Device::Kind::bridge;
        out.name = name;
        out.index = index;
        out.mac = mac_of(words);
        out.quiet = true;
        return out;
    }

    // A bridge's MTU is its smallest port's: what the kernel makes of it by itself. With one of the
    // host's among them that is all that can be said (0).
    static void fit_bridges(Space& space) {
        for (auto& [name, bridge] : space.devices) {
            if (bridge.kind != Device::Kind::bridge) continue;
            std::optional<std::uint32_t> smallest;
            for (const auto& entry : space.devices)
                if (entry.second.master == name)
                    smallest = std::min(smallest.value_or(entry.second.mtu), entry.second.mtu);
            bridge.mtu = smallest.value_or(usual_mtu);
        }
    }

    const Lab& lab_;
    State& state_;
    std::uint32_t next_index_ = first_fabric_index;
    std::size_t bridges_ = 0, ports_ = 0;
};

}  // namespace

void desired_devices(const Lab& lab, State& state) {
    Devices(lab, state).build();
}

}  // namespace topology
