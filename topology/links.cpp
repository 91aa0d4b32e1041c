// The order matters: all links are planned, then all are named, then interfaces are named, and only
// then can keys that speak of an interface by its name be read.
#include "topology/links.hpp"

#include "topology/builder.hpp"
#include "topology/end_reader.hpp"
#include "topology/inner_devices.hpp"
#include "topology/keys.hpp"
#include "topology/link_draft.hpp"
#include "topology/link_ends.hpp"
#include "topology/link_match.hpp"
#include "topology/segment_keys.hpp"
#include "topology/tunnels.hpp"
#include "topology/uplink.hpp"
#include "topology/vlan_interfaces.hpp"
#include "topology/vrf_keys.hpp"

#include <algorithm>
#include <set>

namespace topology {
namespace {

constexpr std::size_t most_links = 50'000;
constexpr std::size_t most_interfaces = 256;
constexpr std::size_t most_ports = 1023;  // BR_MAX_PORTS, net/bridge/br_private.h

class Maker {
  public:
    Maker(const Source& source, const NodeList& nodes, const std::vector<Value>& merged, Lab& lab,
          Context& context)
        : x_source(source), x_nodes(nodes), x_merged(merged), x_lab(lab), x_context(context) {
        if (const Value* defaults = source.root.find("defaults")) {
            if (const Value* link = defaults->find("link")) {
                if (link->is(Value::Type::table))
                    x_defaults = context.interpolator.value(*link, context.names, Late::refused);
            }
        }
    }

    void run() {
        std::vector<LinkEntry> entries;
        entries.reserve(x_source.links.size());
        std::size_t room = most_links;
        for (const Value& written : x_source.links) {
            entries.push_back(build_links(written, &x_defaults, room, x_nodes, x_context));
            room -= std::min(room, entries.back().links.size());
            check_keys(entries.back());
        }
        std::vector<LinkDraft> drafts = draft_links(entries, &x_defaults, x_nodes, x_context);
        take_away(drafts, x_context.running.gone);
        match_running(drafts, x_nodes, x_context.running);
        name_links(drafts, x_nodes, x_context);
        name_interfaces(drafts, x_nodes, x_context);
        LinkEnds ends(x_nodes, x_merged, x_defaults, x_context);
        for (const LinkDraft& draft : drafts) make(draft, ends);
        ends.finish();
        std::set<const LinkEntry*> made;
        for (const LinkDraft& draft : drafts) made.insert(draft.entry);
        for (const LinkEntry& entry : entries)
            if (made.count(&entry) == 0 && !entry.expressions) read_for_mistakes(entry);
        for (std::size_t n = 0; n < x_lab.nodes.size(); ++n)
            add_vlan_routing(x_lab.nodes[n], x_merged[n], x_nodes, x_context);
        for (std::size_t n = 0; n < x_lab.nodes.size(); ++n)
            add_inner_devices(x_lab.nodes[n], x_merged[n], x_nodes, x_context);
        for (Node& node : x_lab.nodes) add_uplink(x_lab.name, node, x_context.diagnostics);
        finish_tunnels(x_lab, x_context.diagnostics);
        for (const Node& node : x_lab.nodes)
            for (const Interface& interface : node.interfaces)
                check_vrf(node, interface, x_context.diagnostics);
        count_interfaces();
        order_interfaces();
        number_interfaces();
        node_addresses();
        node_interfaces();
    }

  private:
    static void take_away(std::vector<LinkDraft>& drafts, const std::set<std::size_t>& gone) {
        std::size_t place = 0;
        std::erase_if(drafts, [&](const LinkDraft&) { return gone.contains(place++); });
    }

    // Once for an entry, however many links it makes.
    void check_keys(const LinkEntry& entry) {
        check_link_type(entry.keys, x_context);
        if (const Member* capture = entry.keys.member("capture"))
            if (x_context.reader.boolean(capture->value).value_or(false))
                x_context.notices.ignored("capture", capture->where);
    }

    void make(const LinkDraft& draft, LinkEnds& ends) {
        Link link;
        link.name = draft.name;
        link.name_explicit = draft.name_explicit;
        link.lan = draft.plan->lan || draft.ends.size() > 2;
        link.kind = link_kind(draft.keys);
        if (!fits_tunnel(link.kind, draft.ends.size(), draft.keys, x_context))
            link.kind = DeviceKind::veth;
        link.where = draft.entry->written->where;
        link_keys_of(draft, link);
        const std::size_t index = x_lab.links.size();
        for (std::size_t e = 0; e < draft.ends.size(); ++e) {
            const DraftEnd& end = draft.ends[e];
            Node& node = x_lab.nodes[end.node];
            Interface interface;
            interface.where = end.where;
            interface.link = index;
            interface.segment = npos;
            if (end.bond.empty()) {
                interface.end = e;
                interface.name = end.interface;
                interface.kind = link.kind;
                link.ends.push_back({end.node, node.interfaces.size()});
                add_interface(draft, e, std::move(interface), ends);
                continue;
            }
            if (draft.member == 0) {
                interface.end = npos;
                interface.name = end.bond;
                interface.kind = DeviceKind::bond;
                interface.device.mode = draft.bond_mode;
                add_interface(draft, e, interface, ends);
            }
            interface.end = e;
            link.ends.push_back({end.node, node.interfaces.size()});
            add_member(node, end, std::move(interface));
        }
        check_vlans(x_lab, link, x_context.diagnostics);
        // Who has no such VRF is told once, and uses none from here on.
        check_vrfs(x_lab, link, draft.keys.find("vrf"), x_context.diagnostics);
        x_lab.links.push_back(std::move(link));
    }

    // With the interfaces of its VLANs, where it is a trunk of a host or router.
    void add_interface(const LinkDraft& draft, std::size_t e, Interface interface, LinkEnds& ends) {
        const DraftEnd& end = draft.ends[e];
        Node& node = x_lab.nodes[end.node];
        interface.explicit_addresses = end.addresses;
        interface.mac = make_mac(node.name, interface.name);
        const bool tunnel = is_tunnel_end(interface);
        if (tunnel) interface.mtu = 0;  // that of what it runs over, less its header
        ends.read(draft, e, interface);
        if (tunnel) read_tunnel_end(draft.keys, node, interface, x_context);
        if (!node.is_bridge()) interface.port = {};
        fit_vlans(node, interface, x_context.diagnostics);
        node.interfaces.push_back(std::move(interface));
        if (node.is_bridge()) return;
        const std::size_t trunk = node.interfaces.size() - 1;
        for (const VlanId id : node.interfaces[trunk].vlans.tagged)
            node.interfaces.push_back(vlan_interface(node, node.interfaces[trunk], id,
                                                     x_merged[end.node], x_nodes, x_context));
    }

    // The kernel gives members the bond's MAC address and MTU.
    static void add_member(Node& node, const DraftEnd& end, Interface member) {
        member.name = end.interface;
        member.kind = DeviceKind::veth;
        member.device = {};
        member.master = end.bond;
        member.ipv4 = member.ipv6 = AddressMode::off;
        if (const Interface* bond = find_interface(node, end.bond)) {
            member.mac = bond->mac;
            member.mtu = bond->mtu;
            member.up = bond->up;
        }
        node.interfaces.push_back(std::move(member));
    }

    void link_keys_of(const LinkDraft& draft, Link& link) {
        SegmentKeys segment;
        for (const Member& member : x_defaults.members)
            (void)read_segment_key(member, x_nodes, x_context, segment);
        for (const Value* table : {static_cast<const Value*>(&x_defaults), &draft.keys})
            if (const Value* labels = table->find("labels")) {
                link.labels.clear();
                for (Text& label : x_context.reader.texts("labels", *labels))
                    link.labels.push_back(std::move(label.text));
            }
        for (const Member& member : draft.keys.members)
            (void)read_segment_key(member, x_nodes, x_context, segment);
        link.prefixes = std::move(segment.prefixes);
        link.pool = std::move(segment.pool);
        link.gateway = std::move(segment.gateway);
        link.private_ = segment.private_;
        link.dhcp = std::move(segment.dhcp);
        link.ra = segment.ra;
    }

    // An entry that made no link, because its ends are wrong: its keys are read all the same, so
    // that their mistakes are told in the same go.
    void read_for_mistakes(const LinkEntry& entry) {
        SegmentKeys segment;
        EndKeys keys;
        for (const Member& member : entry.keys.members) {
            if (read_segment_key(member, x_nodes, x_context, segment)) continue;
            if (is_end_key(member.key) && member.key != "addresses" && !is_tunnel_key(member.key))
                keys.add(member);
        }
        Interface unused;
        read_end(keys, x_nodes, unused, x_context);
        for (const char* side : {"a", "b"}) {
            const Value* table = entry.keys.find(side);
            if (table == nullptr || !x_context.reader.table(*table, side)) continue;
            refuse_unknown_keys(*table, end_keys(), x_context.diagnostics);
            EndKeys own;
            own.add(*table);
            read_end(own, x_nodes, unused, x_context);
        }
    }

    void count_interfaces() {
        for (const Node& node : x_lab.nodes) {
            const std::size_t most = node.is_bridge() ? most_ports : most_interfaces;
            if (node.interfaces.size() > most)
                x_context.diagnostics.error(
                    "LIMIT", node.where,
                    node.name + " has " + std::to_string(node.interfaces.size()) +
                        " interfaces, at most " + std::to_string(most) + " are allowed");
        }
    }

    // A node is called by its first address: what runs stays in front of what comes.
    void order_interfaces() {
        constexpr std::size_t last = npos;
        for (std::size_t n = 0; n < x_lab.nodes.size(); ++n) {
            Node& node = x_lab.nodes[n];
            const auto place = [&](const Interface& interface) {
                const Numbering::Interface* kept =
                    x_context.running.find(node.name, interface.name);
                return kept == nullptr || kept->moved ? last : kept->place;
            };
            std::stable_sort(
                node.interfaces.begin(), node.interfaces.end(),
                [&](const Interface& a, const Interface& b) { return place(a) < place(b); });
            for (std::size_t i = 0; i < node.interfaces.size(); ++i)
                if (const Interface& own = node.interfaces[i]; own.is_end())
                    x_lab.links[own.link].ends[own.end] = {n, i};
        }
    }

    // eth0 = 100, eth1 = 101, …: fallback tunnels of some kernels hold the low numbers. Names that
    // are not ethN take 200, 201, … in order, past those that ethN hold.
    void number_interfaces() {
        for (Node& node : x_lab.nodes) {
            std::set<std::uint32_t> used;
            for (Interface& interface : node.interfaces) {
                const std::string& name = interface.name;
                const auto n = name.compare(0, 3, "eth") == 0 && name.size() <= 7
                                   ? parse_integer(std::string_view(name).substr(3))
                                   : std::nullopt;
                if (!n || *n < 0 || "eth" + std::to_string(*n) != name) continue;
                interface.index = 100 + static_cast<std::uint32_t>(*n);
                used.insert(interface.index);
            }
            for (Interface& interface : node.interfaces) {
                const Numbering::Interface* kept =
                    x_context.running.find(node.name, interface.name);
                if (interface.index == 0 && kept != nullptr && used.insert(kept->index).second)
                    interface.index = kept->index;
            }
            std::uint32_t next = 200;
            for (Interface& interface : node.interfaces) {
                if (interface.index != 0) continue;
                while (used.count(next) != 0) ++next;
                interface.index = next++;
            }
        }
    }

    // `addresses` and `mac` of a node: bare forms only where one link leaves no doubt (D34).
    void node_addresses() {
        for (std::size_t n = 0; n < x_lab.nodes.size(); ++n) {
            Node& node = x_lab.nodes[n];
            const std::size_t links = node.interfaces.size();
            const std::string many =
                links == 0 ? node.name + " has no link"
                           : node.name + " has " + std::to_string(links) + " links: which one?";
            if (const Value* mac = x_merged[n].find("mac"); mac != nullptr && links != 1)
                x_context.diagnostics.error("D34", mac->where, many,
                                            "interfaces = { eth0 = { mac = \"…\" } }");
            const Value* addresses = x_merged[n].find("addresses");
            if (addresses == nullptr || addresses->is_false()) continue;
            if (!addresses->is(Value::Type::table)) {
                if (links != 1) {
                    x_context.diagnostics.error(
                        "D34", addresses->where, many,
                        links == 0 ? "loopback = \"10.0.0.1/32\"" : "addresses = { eth0 = \"…\" }");
                    continue;
                }
                for (const auto& address : x_context.reader.addresses(*addresses))
                    node.interfaces[0].explicit_addresses.push_back(address);
                continue;
            }
            for (const Member& member : addresses->members) {
                Interface* interface = find_interface(node, member.key);
                if (interface == nullptr) {
                    no_interface(node, member, "D34");
                    continue;
                }
                for (const auto& address : x_context.reader.addresses(member.value))
                    interface->explicit_addresses.push_back(address);
            }
        }
    }

    // `interfaces.X` for an X that nothing made: a slip.
    void node_interfaces() {
        for (std::size_t n = 0; n < x_lab.nodes.size(); ++n) {
            const Value* interfaces = x_merged[n].find("interfaces");
            if (interfaces == nullptr || !x_context.reader.table(*interfaces, "interfaces"))
                continue;
            for (const Member& member : interfaces->members) {
                if (!x_context.reader.table(member.value, "interfaces." + member.key)) continue;
                if (member.value.find("type") != nullptr) continue;
                const bool known = find_interface(x_lab.nodes[n], member.key) != nullptr;
                refuse_unknown_keys(member.value, known ? end_keys() : interface_keys(),
                                    x_context.diagnostics);
                if (!known) no_interface(x_lab.nodes[n], member, "D19");
            }
        }
    }

    static Interface* find_interface(Node& node, const std::string& name) {
        for (Interface& interface : node.interfaces)
            if (interface.name == name) return &interface;
        return nullptr;
    }

    void no_interface(const Node& node, const Member& member, std::string_view code) {
        std::vector<std::string> names;
        for (const Interface& interface : node.interfaces) names.push_back(interface.name);
        x_context.diagnostics.error(code, member.where,
                                    node.name + " has no interface \"" + member.key + "\"",
                                    interface_hint(member.key, node.name, names));
    }

    const Source& x_source;
    const NodeList& x_nodes;
    const std::vector<Value>& x_merged;
    Lab& x_lab;
    Context& x_context;
    Value x_defaults;
};

}  // namespace

void make_links(const Source& source, const NodeList& nodes, const std::vector<Value>& merged,
                Lab& lab, Context& context) {
    Maker(source, nodes, merged, lab, context).run();
}

}  // namespace topology
