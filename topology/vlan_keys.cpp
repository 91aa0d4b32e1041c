// See vlan_keys.hpp. 0 and 4095 are reserved by IEEE 802.1Q.
#include "topology/vlan_keys.hpp"

#include "topology/keys.hpp"
#include "topology/names.hpp"
#include "topology/segment_keys.hpp"
#include "topology/suggest.hpp"

#include <algorithm>

namespace topology {
namespace {

constexpr std::int64_t least_vlan = 1, most_vlan = 4094;

// "1-10" and "10,20" as a list of numbers: [1, 2, …, 10]; "" of what is no such text.
std::string numbers_in(std::string_view text) {
    const std::size_t dash = text.find('-');
    const auto low = parse_integer(text.substr(0, dash));
    const auto high = dash == std::string_view::npos ? low : parse_integer(text.substr(dash + 1));
    if (low && high && dash != std::string_view::npos && *low > 0 && *low < *high) {
        std::string out = "[" + std::to_string(*low) + ", " + std::to_string(*low + 1);
        if (*high > *low + 2) out += ", …";
        return out + (*high > *low + 1 ? ", " + std::to_string(*high) : "") + "]";
    }
    if (text.find(',') == std::string_view::npos ||
        text.find_first_not_of("0123456789, ") != std::string_view::npos)
        return "";
    return "[" + std::string(text) + "]";
}

std::optional<VlanId> in_range(std::int64_t number, const Where& where, Diagnostics& diagnostics) {
    if (number >= least_vlan && number <= most_vlan) return static_cast<VlanId>(number);
    diagnostics.error("D40", where, "VLAN ids are 1 to 4094", "");
    return std::nullopt;
}

const KeyTable& vlan_table_keys() {
    static const KeyTable table{"a VLAN",
                                {"id", "prefix", "pool", "gateway", "dhcp", "ra", "private"}};
    return table;
}

void read_table(const Value& table, const NodeList& nodes, Context& context, Vlan& vlan) {
    refuse_unknown_keys(table, vlan_table_keys(), context.diagnostics);
    SegmentKeys keys;
    for (const Member& member : table.members) {
        if (member.key != "id") {
            (void)read_segment_key(member, nodes, context, keys);
        } else if (const auto id =
                       context.reader.integer("id", member.value, INT64_MIN, INT64_MAX)) {
            vlan.id = in_range(*id, member.value.where, context.diagnostics).value_or(0);
        }
    }
    if (table.find("id") == nullptr)
        context.diagnostics.error("D40", vlan.where, "VLAN \"" + vlan.name + "\" has no id",
                                  vlan.name + " = { id = 10 }");
    vlan.prefixes = std::move(keys.prefixes);
    vlan.pool = std::move(keys.pool);
    vlan.gateway = std::move(keys.gateway);
    vlan.private_ = keys.private_;
    vlan.dhcp = std::move(keys.dhcp);
    vlan.ra = keys.ra;
}

}  // namespace

std::vector<Vlan> read_vlans(const Value& root, const NodeList& nodes, Context& context) {
    std::vector<Vlan> out;
    const Value* written = root.find("vlans");
    if (written == nullptr || !context.reader.table(*written, "[vlans]")) return out;
    const Value table = context.interpolator.value(*written, context.names, Late::refused);
    for (const Member& member : table.members) {
        if (is_free_key(member.key)) continue;
        Vlan vlan;
        vlan.name = member.key;
        vlan.where = member.where;
        if (!is_name(vlan.name) || parse_integer(vlan.name)) {
            context.diagnostics.error("D40", member.where,
                                      "\"" + vlan.name + "\" is no name for a VLAN", "red = 10");
            continue;
        }
        if (member.value.is(Value::Type::table)) {
            read_table(member.value, nodes, context, vlan);
        } else if (const auto id =
                       context.reader.integer(vlan.name, member.value, INT64_MIN, INT64_MAX)) {
            vlan.id = in_range(*id, member.value.where, context.diagnostics).value_or(0);
        }
        const auto twin = std::find_if(out.begin(), out.end(),
                                       [&](const Vlan& other) { return other.id == vlan.id; });
        if (vlan.id != 0 && twin != out.end())
            context.diagnostics.error(
                "D40", member.where,
                "VLAN " + std::to_string(vlan.id) + " is called \"" + twin->name + "\" already",
                "one name a VLAN");
        out.push_back(std::move(vlan));
    }
    return out;
}

std::optional<VlanId> read_vlan(const Value& value, const Context& context) {
    const std::optional<std::int64_t> number =
        value.is(Value::Type::integer)  ? std::optional(value.integer)
        : value.is(Value::Type::string) ? parse_integer(value.text)
                                        : std::nullopt;
    if (number) return in_range(*number, value.where, context.diagnostics);
    if (!value.is(Value::Type::string)) {
        context.reader.wrong_type(value, "a VLAN", "a name of [vlans], or 10");
        return std::nullopt;
    }
    std::vector<std::string> names;
    for (const Vlan& vlan : context.vlans) {
        // An id that is wrong has been told already.
        if (vlan.name == value.text) return vlan.id == 0 ? std::nullopt : std::optional(vlan.id);
        names.push_back(vlan.name);
    }
    if (const std::string numbers = numbers_in(value.text); !numbers.empty()) {
        context.diagnostics.error("D41", value.where, "\"" + value.text + "\" is no VLAN",
                                  "a list names each: " + numbers);
        return std::nullopt;
    }
    const std::string near = did_you_mean(value.text, names);
    context.diagnostics.error("D41", value.where, "no VLAN \"" + value.text + "\" in [vlans]",
                              near.empty() ? value.text + " = 10 under [vlans]" : near);
    return std::nullopt;
}

std::vector<VlanId> read_vlan_list(std::string_view key, const Value& value,
                                   const Context& context) {
    std::vector<VlanId> out;
    const std::string numbers =
        value.is(Value::Type::string) ? numbers_in(value.text) : std::string();
    if (!numbers.empty()) {
        context.reader.wrong_type(value, "a list", std::string(key) + " = " + numbers);
        return out;
    }
    const std::vector<Value>* list = context.reader.list(key, value);
    if (list == nullptr) return out;
    for (const Value& item : *list)
        if (const auto id = read_vlan(item, context))
            if (std::find(out.begin(), out.end(), *id) == out.end()) out.push_back(*id);
    return out;
}

bool read_vlan_key(const Member& member, Vlans& vlans, const Context& context) {
    const Value& value = member.value;
    if (member.key == "vlan") {
        vlans.access = value.is_false() ? std::nullopt : read_vlan(value, context);
    } else if (member.key == "native") {
        vlans.native = value.is_false() ? std::nullopt : read_vlan(value, context);
    } else if (member.key == "vlans") {
        vlans.tagged =
            value.is_false() ? std::vector<VlanId>{} : read_vlan_list(member.key, value, context);
    } else {
        return false;
    }
    if (!value.is_false()) vlans.where = member.where;
    return true;
}

}  // namespace topology
