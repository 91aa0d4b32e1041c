// Node keys of language.md §4.2, each read once.
#include "topology/node_reader.hpp"

#include "topology/isolation.hpp"
#include "topology/keys.hpp"
#include "topology/masquerade.hpp"
#include "topology/names.hpp"
#include "topology/node_set.hpp"
#include "topology/routing_keys.hpp"
#include "topology/segment_keys.hpp"
#include "topology/service.hpp"
#include "topology/sysctl.hpp"
#include "topology/vlan_keys.hpp"
#include "topology/vrf_keys.hpp"

#include <algorithm>
#include <array>

namespace topology {
namespace {

class NodeReader {
  public:
    NodeReader(const NodeSeed& seed, const NodeList& nodes, NodeFiles& files, Context& context)
        : x_seed(seed), x_nodes(nodes), x_files(files), x_context(context) {}

    Node read(const Value& merged) {
        x_node.name = x_node.hostname = x_seed.name;
        x_node.kind = x_seed.chain.kind;
        x_node.kind_name = x_seed.kind_name;
        x_node.kind_chain = x_seed.chain.names;
        x_node.where = x_seed.where;
        for (const std::string& item : x_seed.items)
            x_node.range_items.push_back(static_cast<long>(parse_integer(item).value_or(0)));
        for (const Member& member : merged.members) {
            if (read_routing_key(member, x_node, x_context)) continue;
            if (read_segment_key(member, x_nodes, x_context, x_segment)) continue;
            if (read_isolation_key(member, x_node, x_context)) continue;
            if (read_birth(member) || read_show(member)) continue;
            read_other(member);
        }
        x_node.prefixes = std::move(x_segment.prefixes);
        x_node.pool = std::move(x_segment.pool);
        x_node.private_ = x_segment.private_;
        x_node.dhcp = std::move(x_segment.dhcp);
        x_node.ra = x_segment.ra;
        if (x_segment.gateway) x_node.gateway = {*x_segment.gateway};
        const Names names = node_names(x_seed, x_context);
        x_files.read(merged.find("overlay"), merged.find("files"), names, x_node);
        if (const Value* nft = merged.find("nft")) x_files.read_nft(*nft, x_node);
        finish_routing(merged, x_node, x_context);
        return std::move(x_node);
    }

  private:
    // What runs in the node and around it.
    bool read_birth(const Member& member) {
        const Value& value = member.value;
        const std::string& key = member.key;
        if (key == "exec") {
            read_exec(value, x_node, x_context);
        } else if (key == "run") {
            read_run(value, x_node, x_context);
        } else if (key == "env") {
            read_env(value, x_node.env, x_context);
        } else if (key == "sysctl") {
            read_sysctl(value, x_node, x_context);
        } else if (key == "wait-for") {
            x_node.wait_for = x_context.reader.texts("wait-for", value);
        } else if (key == "dns") {
            read_dns(value);
        } else if (key == "user") {
            x_node.user = x_context.reader.string(value).value_or("root");
            if (!is_service_name(x_node.user))
                x_context.diagnostics.error("VALUE", value.where,
                                            "\"" + x_node.user + "\" is no user name", "\"root\"");
        } else if (key == "hostname") {
            read_hostname(value);
        } else {
            return false;
        }
        return true;
    }

    // For people only.
    bool read_show(const Member& member) {
        const Value& value = member.value;
        const Reader& reader = x_context.reader;
        if (member.key == "label") {
            x_node.label = reader.string(value).value_or("");
        } else if (member.key == "icon") {
            x_node.icon = reader.string(value).value_or("");
        } else if (member.key == "labels") {
            if (value.is(Value::Type::table)) {
                for (const Member& label : value.members)
                    if (const auto text = reader.string(label.value))
                        x_node.labels.push_back(label.key + "=" + *text);
            } else {
                for (Text& label : reader.texts("labels", value))
                    x_node.labels.push_back(std::move(label.text));
            }
        } else if (member.key == "pos") {
            const auto number = [](const Value& v) {
                return v.is(Value::Type::integer) ? static_cast<double>(v.integer) : v.real;
            };
            const auto is_number = [](const Value& v) {
                return v.is(Value::Type::integer) || v.is(Value::Type::real);
            };
            if (value.is(Value::Type::array) && value.items.size() == 2 &&
                is_number(value.items[0]) && is_number(value.items[1]))
                x_node.position = {number(value.items[0]), number(value.items[1])};
            else
                reader.wrong_type(value, "two numbers", "pos = [192, 252]");
        } else {
            return false;
        }
        return true;
    }

    void read_other(const Member& member) {
        const Value& value = member.value;
        const std::string& key = member.key;
        if (key == "id") {
            if (const auto id = x_context.reader.integer("id", value, 1, 65534))
                x_node.id = static_cast<std::uint32_t>(*id);
        } else if (key == "loopback") {
            read_loopback(value);
        } else if (key == "stp") {
            read_stp(value);
        } else if (key == "vlan-filtering") {
            x_node.vlan_filtering = x_context.reader.boolean(value).value_or(false);
        } else if (key == "svi") {
            if (!value.is_false()) x_node.svi = read_vlan_list("svi", value, x_context);
        } else if (key == "vrfs") {
            x_node.vrfs = read_vrfs(value, x_node.name, x_context);
        } else if (key == "masquerade") {
            read_masquerade(value, x_node, x_context);
        } else if (key == "forward") {
            read_forward(value, x_nodes, x_node, x_context);
        } else if (key == "device") {
            if (auto device = x_context.reader.text(value)) x_node.device = std::move(*device);
        } else if (key == "mpls") {
            if (x_context.reader.boolean(value).value_or(false)) x_node.mpls = member.where;
        }
        // mac, mtu, ipv4, ipv6, addresses, interfaces: end_reader.cpp. files, overlay, nft: above.
    }

    void read_loopback(const Value& value) {
        if (value.is(Value::Type::boolean)) {
            x_node.loopback = value.boolean;
            return;
        }
        const bool word = value.is(Value::Type::string) && !value.computed &&
                          (value.text == "true" || value.text == "false");
        const bool number = value.is(Value::Type::integer) && (value.integer >> 1) == 0;
        if (word || number)
            return x_context.reader.wrong_type(value, "true, false or an address",
                                               word                 ? value.text + " without quotes"
                                               : value.integer == 1 ? "true"
                                                                    : "false");
        for (auto& [prefix, where] : x_context.reader.addresses(value, true)) {
            x_node.loopback = true;
            x_node.explicit_loopbacks.emplace_back(prefix, where);
        }
    }

    void read_stp(const Value& value) {
        if (!value.is(Value::Type::table)) {
            x_node.stp = x_context.reader.boolean(value).value_or(false);
            return;
        }
        x_node.stp = true;
        refuse_unknown_keys(value, KeyTable{"stp", {"priority"}}, x_context.diagnostics);
        if (const Value* priority = value.find("priority"))
            if (const auto n = x_context.reader.integer("priority", *priority, 0, 65535))
                x_node.stp_priority = static_cast<std::uint16_t>(*n);
    }

    void read_dns(const Value& value) {
        for (Text& server : x_context.reader.texts("dns", value)) {
            const bool late = server.text.find('\x01') != std::string::npos;
            if (!late && !Ip::parse(server.text) && x_nodes.find(server.text) == npos)
                unknown_node(server.text, server.where, "dns", x_nodes, x_context.diagnostics);
            x_node.dns.push_back(std::move(server));
        }
    }

    void read_hostname(const Value& value) {
        const std::optional<std::string> name = x_context.reader.string(value);
        if (!name) return;
        const bool fine = !name->empty() && name->size() <= 63 &&  // HOST_NAME_MAX is 64
                          std::all_of(name->begin(), name->end(), [](char c) {
                              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                     (c >= '0' && c <= '9') || c == '-' || c == '.';
                          });
        if (fine)
            x_node.hostname = *name;
        else
            x_context.diagnostics.error("VALUE", value.where, "\"" + *name + "\" is no host name",
                                        "letters, digits, \"-\" and \".\", at most 63");
    }

    Node x_node;
    const NodeSeed& x_seed;
    const NodeList& x_nodes;
    NodeFiles& x_files;
    Context& x_context;
    SegmentKeys x_segment;
};

}  // namespace

Node read_node(const NodeSeed& seed, const Value& merged, const NodeList& nodes, NodeFiles& files,
               Context& context) {
    return NodeReader(seed, nodes, files, context).read(merged);
}

}  // namespace topology
