// See link_ends.hpp.
#include "topology/link_ends.hpp"

#include "topology/keys.hpp"
#include "topology/node_set.hpp"
#include "topology/suggest.hpp"
#include "topology/tunnels.hpp"

#include <algorithm>

namespace topology {
namespace {

// Keys of a node that are the default of its ends.
bool is_node_default(std::string_view key) {
    return key == "ipv4" || key == "ipv6" || key == "mac" || key == "mtu";
}

}  // namespace

std::string interface_hint(const std::string& word, const std::string& node,
                           const std::vector<std::string>& names) {
    std::string hint = did_you_mean(word, names);
    if (!hint.empty()) return hint;
    return names.empty() ? node + " has no link" : "interfaces of " + node + ": " + join(names);
}

void LinkEnds::check_sides(const LinkDraft& draft) {
    for (const char* side : {"a", "b"}) {
        const Member* member = draft.keys.member(side);
        if (member == nullptr) continue;
        if (x_context.reader.table(member->value, side))
            refuse_unknown_keys(member->value, end_keys(), x_context.diagnostics);
        if (draft.ends.size() == 2) continue;
        const std::size_t which = side[0] == 'b' && draft.ends.size() > 1 ? 1 : 0;
        x_context.diagnostics.error(
            "D22", member->where,
            "a link with " + std::to_string(draft.ends.size()) +
                (draft.ends.size() == 1 ? " end has no \"" : " ends has no \"") + side + "\"",
            "ends." + x_nodes.seeds[draft.ends[which].node].name + " = {…}");
    }
}

// Impairments act on the way to the other end; where there is none they would never act (D68).
void LinkEnds::check_stub(const LinkDraft& draft) {
    if (draft.ends.size() != 1) return;
    for (const Member& member : draft.keys.members)
        if (is_impairment_key(member.key) && !member.value.is_false())
            x_context.diagnostics.error("D68", member.where, "nobody is at the other end",
                                        "leave \"" + member.key + "\" out");
}

void LinkEnds::add_rules(const Value& table, bool addresses, std::vector<Rule>& rules) {
    const std::string what = addresses ? "addresses" : "ends";
    if (!table.is(Value::Type::table)) {
        x_context.reader.wrong_type(
            table, "a table by node",
            addresses ? "addresses = { r1 = \"10.0.0.1/24\" }" : "ends = { r1 = { cost = 10 } }");
        return;
    }
    for (const Member& member : table.members) {
        Rule rule;
        rule.usage = &x_usages[{member.where.line, member.where.column}];
        rule.usage->key = member.key;
        rule.usage->where = member.where;
        const std::size_t colon = member.key.find(':');
        const auto found = find_nodes(member.key.substr(0, colon), member.where, true, x_nodes,
                                      "\"" + what + "\"", x_context.diagnostics);
        if (!found) continue;
        for (const SetMember& one : *found) rule.nodes.insert(one.node);
        if (colon != std::string::npos) rule.interface = member.key.substr(colon + 1);
        if (addresses) {
            rule.table = Value::table(member.where);
            rule.table.members.push_back({"addresses", member.where, member.value});
        } else {
            if (!x_context.reader.table(member.value, "ends." + member.key)) continue;
            refuse_unknown_keys(member.value, end_keys(), x_context.diagnostics);
            rule.table = member.value;
        }
        rules.push_back(std::move(rule));
    }
}

// Worked out once for an entry, or once a link where the keys have ${…} in them.
std::vector<LinkEnds::Rule>& LinkEnds::rules(const LinkDraft& draft) {
    const bool same = draft.entry->expressions ? x_draft == &draft : x_entry == draft.entry;
    if (same) return x_rules;
    if (x_entry != draft.entry) finish();
    x_rules.clear();
    x_draft = &draft;
    x_entry = draft.entry;
    if (const Value* ends = draft.keys.find("ends")) add_rules(*ends, false, x_rules);
    if (const Value* addresses = draft.keys.find("addresses")) add_rules(*addresses, true, x_rules);
    return x_rules;
}

void LinkEnds::finish() {
    for (const auto& [place, usage] : x_usages) {
        if (usage.used) continue;
        std::vector<std::string> names;
        for (const std::size_t node : usage.ends) names.push_back(x_nodes.seeds[node].name);
        x_context.diagnostics.error("D22", usage.where,
                                    "\"" + usage.key + "\" is no end of this link",
                                    names.empty() ? "" : "its ends: " + join(names));
    }
    x_usages.clear();
    x_rules.clear();
    x_draft = nullptr;
    x_entry = nullptr;
}

void LinkEnds::read(const LinkDraft& draft, std::size_t end, Interface& interface) {
    if (end == 0) {
        check_sides(draft);
        check_stub(draft);
    }
    const std::size_t node = draft.ends[end].node;
    const bool bridge = x_nodes.seeds[node].chain.kind == Kind::switch_ ||
                        x_nodes.seeds[node].chain.kind == Kind::hub;
    const bool stub = draft.ends.size() == 1;
    EndKeys keys;
    const bool tunnel = is_tunnel_end(interface);
    keys.add_defaults(x_defaults, stub || tunnel);
    for (const Member& member : x_merged[node].members)
        if (is_node_default(member.key)) keys.add(member);
    // Defaults are meant for cables; a tunnel has what is left of the one that it runs over.
    if (tunnel) keys.drop("mtu");
    // At link level `addresses` is a table by node and `gateway` speaks of the whole network.
    for (const Member& member : draft.keys.members)
        if (is_end_key(member.key) && member.key != "addresses") keys.add(member);
    keys.drop("gateway");
    if (stub)
        for (const Member& member : draft.keys.members)
            if (is_impairment_key(member.key)) keys.drop(member.key);
    if (const Value* interfaces = x_merged[node].find("interfaces"))
        if (const Value* own = interfaces->find(interface.name))
            if (own->is(Value::Type::table) && own->find("type") == nullptr) keys.add(*own, stub);
    if (draft.ends.size() == 2)
        if (const Value* side = draft.keys.find(end == 0 ? "a" : "b")) keys.add(*side);
    // Addresses do not replace each other: those of ends.X and of `addresses` both count.
    for (const Rule& rule : rules(draft)) {
        rule.usage->ends.insert(node);
        if (rule.nodes.count(node) == 0) continue;
        if (!rule.interface.empty() && rule.interface != interface.name) continue;
        rule.usage->used = true;
        keys.add(rule.table);
    }
    if (bridge) keys.drop("ipv4"), keys.drop("ipv6");
    keys.drop_idle_defaults();
    read_end(keys, x_nodes, interface, x_context);
    if (bridge && !interface.explicit_addresses.empty()) {
        x_context.diagnostics.error("KEY", interface.explicit_addresses[0].second,
                                    "a port of a switch has no address",
                                    "prefix = \"…\" on the switch or the link");
        interface.explicit_addresses.clear();
    }
}

}  // namespace topology
