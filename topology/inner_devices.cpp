// See inner_devices.hpp.
#include "topology/inner_devices.hpp"

#include "topology/end_reader.hpp"
#include "topology/keys.hpp"
#include "topology/link_ends.hpp"
#include "topology/names.hpp"
#include "topology/vlan_keys.hpp"

#include <algorithm>

namespace topology {
namespace {

constexpr std::int64_t most_vni = 0xffffff;
constexpr std::uint16_t vxlan_port = 4789;

// Which keys a type has beside those of every end.
struct Type {
    DeviceKind kind;
    std::vector<std::string_view> keys, modes;
    std::uint32_t header = 0;  // bytes that a tunnel puts before a packet, over IPv4
};

const std::vector<Type>& types() {
    static const std::vector<Type> all{
        {DeviceKind::dummy, {}, {}},
        {DeviceKind::bridge, {"ports", "vlan-filtering", "stp"}, {}},
        {DeviceKind::bond,
         {"ports", "mode"},
         {"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb",
          "balance-alb"}},
        {DeviceKind::vlan, {"parent", "id"}, {}},
        {DeviceKind::macvlan, {"parent", "mode"}, {"bridge", "private", "vepa", "passthru"}},
        {DeviceKind::ipvlan, {"parent", "mode"}, {"l2", "l3", "l3s"}},
        {DeviceKind::vxlan, {"id", "local", "remote", "learning"}, {}, 50},
        {DeviceKind::gre, {"key", "local", "remote"}, {}, 24},
    };
    return all;
}

bool needs_parent(DeviceKind kind) {
    return kind == DeviceKind::vlan || kind == DeviceKind::macvlan || kind == DeviceKind::ipvlan;
}

class Adder {
  public:
    Adder(Node& node, const NodeList& nodes, Context& context)
        : x_node(node), x_nodes(nodes), x_context(context) {}

    void add(const Member& member) {
        const Value& table = member.value;
        const Type* type = find_type(*table.find("type"));
        if (type == nullptr) return;
        Interface out;
        out.name = member.key;
        out.kind = type->kind;
        out.where = member.where;
        out.link = out.end = out.segment = npos;
        out.mac = make_mac(x_node.name, out.name);
        if (!good_name(member)) return;
        refuse_foreign_keys(table, *type);
        EndKeys keys;
        keys.add(table);
        const Value* mtu = table.find("mtu");
        read_end(keys, x_nodes, out, x_context);
        out.vlans = {};
        for (const Member& own : table.members) read(own, *type, out);
        if (needs_parent(type->kind)) stand_on(member, mtu != nullptr, out);
        if (type->kind == DeviceKind::macvlan && out.device.mode.empty())
            out.device.mode = "bridge";
        if (type->kind == DeviceKind::ipvlan && out.device.mode.empty()) out.device.mode = "l2";
        if (type->kind == DeviceKind::bond && out.device.mode.empty())
            out.device.mode = "balance-rr";
        if (type->header != 0 && mtu == nullptr) out.mtu = outer_mtu(out) - type->header;
        if (type->kind == DeviceKind::vxlan) check_id(member, out);
        if (type->kind == DeviceKind::gre) out.mac = {};
        take_ports(table, out);
        x_node.interfaces.push_back(std::move(out));
    }

  private:
    const Type* find_type(const Value& value) {
        std::vector<std::string_view> words;
        for (const Type& type : types()) words.emplace_back(kind_word(type.kind));
        const auto word = x_context.reader.word("type", value, words);
        if (!word) return nullptr;
        return &*std::find_if(types().begin(), types().end(),
                              [&](const Type& type) { return kind_word(type.kind) == *word; });
    }

    bool good_name(const Member& member) {
        const std::string trouble = interface_name_trouble(member.key);
        if (trouble.empty()) return true;
        x_context.diagnostics.error("D19", member.where, trouble,
                                    member.key.size() > 15 ? "shorten it" : "");
        return false;
    }

    void refuse_foreign_keys(const Value& table, const Type& type) {
        refuse_unknown_keys(table, interface_keys(), x_context.diagnostics);
        for (const Member& member : table.members) {
            const bool special =
                !is_end_key(member.key) && !is_free_key(member.key) && member.key != "type";
            const bool known =
                std::find(type.keys.begin(), type.keys.end(), member.key) != type.keys.end();
            const bool listed =
                std::find(interface_keys().keys.begin(), interface_keys().keys.end(), member.key) !=
                interface_keys().keys.end();
            if (special && listed && !known)
                x_context.diagnostics.error("KEY", member.where,
                                            "a device of type \"" +
                                                std::string(kind_word(type.kind)) + "\" has no \"" +
                                                member.key + "\"");
        }
    }

    void read(const Member& member, const Type& type, Interface& out) {
        const std::string& key = member.key;
        const Value& value = member.value;
        const Reader& reader = x_context.reader;
        if (key == "mode" && !type.modes.empty()) {
            if (const auto word = reader.word("mode", value, type.modes)) out.device.mode = *word;
        } else if (key == "id" && type.kind == DeviceKind::vlan) {
            out.device.id = read_vlan(value, x_context).value_or(0);
        } else if (key == "id") {
            if (const auto id = reader.integer("id", value, 0, most_vni))
                out.device.id = static_cast<std::uint32_t>(*id);
        } else if (key == "key") {
            if (const auto id = reader.integer("key", value, 0, UINT32_MAX))
                out.device.id = static_cast<std::uint32_t>(*id);
        } else if (key == "local" || key == "remote") {
            read_address(member, out);
        } else if (key == "learning") {
            out.device.learning = reader.boolean(value).value_or(true);
        } else if (key == "vlan-filtering") {
            out.vlan_filtering = reader.boolean(value).value_or(false);
        } else if (key == "stp") {
            out.stp = reader.boolean(value).value_or(false);
        }
        if (type.kind == DeviceKind::vxlan && out.device.udp_port == 0)
            out.device.udp_port = vxlan_port;
    }

    void read_address(const Member& member, Interface& out) {
        const auto text = x_context.reader.string(member.value);
        if (!text) return;
        const bool local = member.key == "local";
        if (const auto ip = Ip::parse(*text)) {
            (local ? out.device.local : out.device.remote) = *ip;
        } else if (local && (*text == "lo" || find(*text) != nullptr)) {
            out.device.lower = *text;  // whose address it is, is not known yet
        } else {
            x_context.diagnostics.error("VALUE", member.value.where,
                                        "\"" + *text + "\" is no address" +
                                            (local ? " and no interface of " + x_node.name : ""),
                                        local ? "local = \"lo\"" : "remote = \"10.0.0.2\"");
        }
    }

    void check_id(const Member& member, const Interface& out) {
        if (out.device.id == 0)
            x_context.diagnostics.error("VALUE", member.where,
                                        "a VXLAN needs an id of 1 to 16777215", "id = 10");
    }

    void stand_on(const Member& member, bool has_mtu, Interface& out) {
        const Value* parent = member.value.find("parent");
        if (parent == nullptr) {
            x_context.diagnostics.error(
                "KEY", member.where, out.name + " must say what it stands on", "parent = \"eth0\"");
            return;
        }
        const auto name = x_context.reader.string(*parent);
        const Interface* below = name ? find_or_tell(*name, parent->where) : nullptr;
        if (below == nullptr) return;
        out.device.lower = below->name;
        if (!has_mtu) out.mtu = below->mtu;
        if (out.mtu > below->mtu)
            x_context.diagnostics.error("D38", out.where,
                                        out.name + " has an MTU of " + std::to_string(out.mtu) +
                                            ", " + below->name + " below it one of " +
                                            std::to_string(below->mtu));
        // A VLAN of an interface speaks with its voice, an ipvlan must.
        if ((out.kind == DeviceKind::vlan && !out.mac_explicit) || out.kind == DeviceKind::ipvlan)
            out.mac = below->mac;
        if (out.kind == DeviceKind::vlan && out.device.id == 0 &&
            member.value.find("id") == nullptr)
            x_context.diagnostics.error("D40", member.where, "a VLAN needs an id", "id = 10");
    }

    std::uint32_t outer_mtu(const Interface& tunnel) {
        const Interface* outer = find(tunnel.device.lower);
        return outer == nullptr ? 1500 : outer->mtu;
    }

    // A list, or a table of VLAN keys by port.
    void take_ports(const Value& table, const Interface& out) {
        const Value* ports = table.find("ports");
        if (ports == nullptr) return;
        if (!ports->is(Value::Type::table)) {
            for (const Text& port : x_context.reader.texts("ports", *ports))
                take(port.text, port.where, out);
            return;
        }
        for (const Member& member : ports->members) {
            Interface* port = take(member.key, member.where, out);
            if (port == nullptr || !x_context.reader.table(member.value, "ports." + member.key))
                continue;
            refuse_unknown_keys(member.value, KeyTable{"a port", {"vlan", "vlans", "native"}},
                                x_context.diagnostics);
            for (const Member& key : member.value.members)
                (void)read_vlan_key(key, port->vlans, x_context);
            if (port->vlans.native) std::erase(port->vlans.tagged, *port->vlans.native);
        }
    }

    Interface* take(const std::string& name, const Where& where, const Interface& out) {
        Interface* port = find_or_tell(name, where);
        if (port == nullptr) return nullptr;
        if (!port->master.empty()) {
            x_context.diagnostics.error("VALUE", where,
                                        name + " is a port of " + port->master + " already", "");
            return nullptr;
        }
        port->master = out.name;
        // What is behind a bridge is addressed by hand; the members of a bond speak with its voice.
        port->ipv4 = port->ipv6 = AddressMode::off;
        if (out.kind == DeviceKind::bond) {
            port->mac = out.mac;
            port->mtu = out.mtu;
        }
        return port;
    }

    Interface* find(const std::string& name) {
        for (Interface& interface : x_node.interfaces)
            if (interface.name == name) return &interface;
        return nullptr;
    }

    Interface* find_or_tell(const std::string& name, const Where& where) {
        Interface* found = find(name);
        if (found != nullptr) return found;
        std::vector<std::string> names;
        for (const Interface& interface : x_node.interfaces) names.push_back(interface.name);
        x_context.diagnostics.error("D19", where,
                                    x_node.name + " has no interface \"" + name + "\"",
                                    interface_hint(name, x_node.name, names));
        return nullptr;
    }

    Node& x_node;
    const NodeList& x_nodes;
    Context& x_context;
};

}  // namespace

void add_inner_devices(Node& node, const Value& merged, const NodeList& nodes, Context& context) {
    const Value* interfaces = merged.find("interfaces");
    if (interfaces == nullptr || !interfaces->is(Value::Type::table)) return;
    Adder adder(node, nodes, context);
    for (const Member& member : interfaces->members) {
        if (!member.value.is(Value::Type::table) || member.value.find("type") == nullptr) continue;
        const bool twin =
            std::any_of(node.interfaces.begin(), node.interfaces.end(),
                        [&](const Interface& other) { return other.name == member.key; });
        if (twin)
            context.diagnostics.error("D71", member.where,
                                      node.name + " has two interfaces \"" + member.key + "\"",
                                      "rename one");
        else
            adder.add(member);
    }
}

}  // namespace topology
