// See vrf_keys.hpp.
#include "topology/vrf_keys.hpp"

#include "topology/keys.hpp"
#include "topology/names.hpp"

#include <algorithm>

namespace topology {
namespace {

constexpr std::uint32_t first_table = 1001, main_table = 254;
constexpr std::size_t most_vrfs = 64;

bool has(const Node& node, const std::string& vrf) {
    return std::any_of(node.vrfs.begin(), node.vrfs.end(),
                       [&](const Vrf& one) { return one.name == vrf; });
}

void missing(const Node& node, const std::string& vrf, const Where& where,
             Diagnostics& diagnostics) {
    diagnostics.error("D42", where, node.name + " has no VRF \"" + vrf + "\"",
                      "vrfs = [\"" + vrf + "\"] on " + node.name);
}

// 0 when none is said, or a wrong one.
std::uint32_t read_table(const Value& value, const std::string& vrf, Context& context) {
    if (!context.reader.table(value, vrf)) return 0;
    refuse_unknown_keys(value, KeyTable{"a VRF", {"table"}}, context.diagnostics);
    const Value* table = value.find("table");
    if (table == nullptr) return 0;
    const auto number = context.reader.integer("table", *table, 1, UINT32_MAX);
    if (number && (*number < 253 || *number > 255)) return static_cast<std::uint32_t>(*number);
    if (number)
        context.diagnostics.error("VALUE", table->where,
                                  "table " + std::to_string(*number) + " is the kernel's own",
                                  "table = 1001");
    return 0;
}

}  // namespace

std::vector<Vrf> read_vrfs(const Value& value, const std::string& node, Context& context) {
    std::vector<Vrf> out;
    std::vector<std::uint32_t> taken;
    const auto add = [&](const std::string& name, const Where& where, std::uint32_t table) {
        const std::string trouble = interface_name_trouble(name);
        const bool twin = std::any_of(out.begin(), out.end(),
                                      [&](const Vrf& other) { return other.name == name; });
        if (!trouble.empty() || name == "default" || name == "lo")
            context.diagnostics.error(
                "VALUE", where, trouble.empty() ? "\"" + name + "\" is no name for a VRF" : trouble,
                "vrfs = [\"red\"]");
        else if (twin)
            context.diagnostics.error("D71", where, node + " has two VRFs \"" + name + "\"", "");
        else
            out.push_back({name, table, where});
        if (table != 0) taken.push_back(table);
    };
    if (value.is(Value::Type::table))
        for (const Member& member : value.members)
            add(member.key, member.where, read_table(member.value, member.key, context));
    else if (!value.is_false())
        for (const Text& name : context.reader.texts("vrfs", value)) add(name.text, name.where, 0);
    if (out.size() > most_vrfs)
        context.diagnostics.error("LIMIT", value.where, node + " has more than 64 VRFs", "");
    std::uint32_t next = first_table;
    for (Vrf& vrf : out) {
        while (std::find(taken.begin(), taken.end(), next) != taken.end()) ++next;
        if (vrf.table == 0) vrf.table = next++;
    }
    for (std::size_t i = 1; i < out.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (out[i].table == out[k].table)
                context.diagnostics.error(
                    "VALUE", out[i].where,
                    out[k].name + " and " + out[i].name + " of " + node + " have the same table",
                    "one table a VRF");
    return out;
}

void check_vrfs(Lab& lab, const Link& link, const Value* said_by_link, Diagnostics& diagnostics) {
    const auto knows = [&](const End& end) {
        return lab.at(end).vrf.empty() || has(lab.nodes[end.node], lab.at(end).vrf);
    };
    const bool somebody = std::any_of(link.ends.begin(), link.ends.end(), [&](const End& end) {
        return !lab.at(end).vrf.empty() && knows(end);
    });
    bool told = false;
    for (const End& end : link.ends) {
        if (knows(end)) continue;
        Interface& interface = lab.at(end);
        const bool meant_others =
            said_by_link != nullptr && said_by_link->text == interface.vrf && somebody;
        if (!meant_others && !told)
            missing(lab.nodes[end.node], interface.vrf,
                    said_by_link != nullptr ? said_by_link->where : interface.where, diagnostics);
        told |= !meant_others && said_by_link != nullptr;
        interface.vrf.clear();
    }
}

void check_vrf(const Node& node, const Interface& interface, Diagnostics& diagnostics) {
    for (const Vrf& vrf : node.vrfs)
        if (vrf.name == interface.name)
            diagnostics.error("D71", interface.where,
                              node.name + " has an interface and a VRF \"" + vrf.name + "\"",
                              "rename one");
    if (!interface.vrf.empty() && !has(node, interface.vrf))
        missing(node, interface.vrf, interface.where, diagnostics);
}

std::uint32_t table_of(const Node& node, const std::string& vrf) {
    for (const Vrf& one : node.vrfs)
        if (one.name == vrf) return one.table;
    return main_table;
}

}  // namespace topology
