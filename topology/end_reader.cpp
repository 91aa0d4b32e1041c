// End keys of language.md §5.3.
#include "topology/end_reader.hpp"

#include "topology/impairment_keys.hpp"
#include "topology/keys.hpp"
#include "topology/routing_keys.hpp"
#include "topology/segment_keys.hpp"
#include "topology/suggest.hpp"
#include "topology/vlan_keys.hpp"

#include <algorithm>

namespace topology {
namespace {

void read_mac(const Value& value, Interface& interface, Context& context) {
    const std::optional<std::string> text = context.reader.string(value);
    if (!text) return;
    const std::optional<Mac> mac = Mac::parse(*text);
    if (!mac) {
        context.diagnostics.error("D37", value.where, "\"" + *text + "\" is no MAC address",
                                  "\"02:00:00:00:00:01\"");
    } else if (mac->is_multicast()) {
        context.diagnostics.error("D37", value.where, mac->text() + " is a multicast address",
                                  "the first byte is even: 02:…");
    } else if (mac->is_zero()) {
        context.diagnostics.error("D37", value.where, "a MAC address of zeros is none",
                                  "\"02:00:00:00:00:01\"");
    } else {
        interface.mac = *mac;
        interface.mac_explicit = true;
    }
}

void read_mtu(const Value& value, Interface& interface, Context& context) {
    const auto mtu = context.reader.integer("mtu", value, INT64_MIN, INT64_MAX);
    if (!mtu) return;
    if (*mtu > 65535)
        context.diagnostics.error("D38", value.where, "the kernel's limit is 65535");
    else if (*mtu < 68)
        context.diagnostics.error("D38", value.where, "the kernel's least MTU is 68");
    else
        interface.mtu = static_cast<std::uint32_t>(*mtu);
}

// true, false, and the words of the family.
void read_mode(const Member& member, bool ipv4, AddressMode& mode, Context& context) {
    const Value& value = member.value;
    if (value.is(Value::Type::boolean)) {
        mode = value.boolean ? AddressMode::automatic : AddressMode::off;
        return;
    }
    const std::vector<std::string_view> words =
        ipv4 ? std::vector<std::string_view>{"dhcp", "unnumbered"}
             : std::vector<std::string_view>{"slaac", "dhcp", "link-local"};
    const bool other_word = value.is(Value::Type::string) &&
                            std::find(words.begin(), words.end(), value.text) == words.end();
    if (other_word && (!value.computed || !value.text.empty())) {
        std::string near = did_you_mean(value.text, words), all = "true, false";
        for (const std::string_view w : words) all += ", \"" + std::string(w) + "\"";
        context.diagnostics.error("VALUE", value.where,
                                  "\"" + member.key + "\" cannot be \"" + value.text + "\"",
                                  near + (near.empty() ? "" : " ") + "one of: " + all);
        return;
    }
    const auto word = context.reader.word(member.key, value, words);
    if (!word) return;
    if (*word == "unnumbered") mode = AddressMode::unnumbered;
    if (*word == "link-local") mode = AddressMode::link_local;
    if (*word == "dhcp") mode = AddressMode::dhcp;
    if (*word == "slaac") mode = AddressMode::slaac;
    if (*word == "dhcp" && !ipv4) context.later(member.key + " = \"" + *word + "\"", value.where);
}

void read_port(const Value& value, PortOptions& port, Context& context) {
    const Reader& reader = context.reader;
    if (!reader.table(value, "port")) return;
    refuse_unknown_keys(
        value,
        KeyTable{"a port",
                 {"isolated", "learning", "hairpin", "edge", "guard", "cost", "priority"}},
        context.diagnostics);
    for (const Member& member : value.members) {
        if (is_free_key(member.key)) continue;
        if (member.key == "cost") {
            if (const auto cost = reader.integer("cost", member.value, 1, 65535))
                port.cost = static_cast<std::uint16_t>(*cost);
        } else if (member.key == "priority") {
            // Six bits of the port's identifier, net/bridge/br_private.h.
            if (const auto priority = reader.integer("priority", member.value, 0, 63))
                port.priority = static_cast<std::uint8_t>(*priority);
        } else if (const auto on = reader.boolean(member.value)) {
            if (member.key == "isolated") port.isolated = *on;
            if (member.key == "learning") port.learning = *on;
            if (member.key == "hairpin") port.hairpin = *on;
            if (member.key == "guard") port.guard = *on;
            // The kernel's STP is that of 1998, in which every port listens and learns first, and
            // takes no state of a port from anybody.
            if (member.key == "edge" && *on)
                context.diagnostics.error(
                    "D67", member.where, "the kernel's spanning tree has no edge ports",
                    "leave \"edge\" out; without stp every port forwards at once");
        }
    }
}

void read_key(const Member& member, const NodeList& nodes, Interface& interface, Context& context) {
    const Value& value = member.value;
    const std::string& key = member.key;
    const Reader& reader = context.reader;
    if (read_vlan_key(member, interface.vlans, context)) return;
    if (key == "addresses") {
        for (const auto& address : reader.addresses(value))
            interface.explicit_addresses.push_back(address);
    } else if (key == "ipv4" || key == "ipv6") {
        read_mode(member, key == "ipv4", key == "ipv4" ? interface.ipv4 : interface.ipv6, context);
    } else if (key == "mac") {
        read_mac(value, interface, context);
    } else if (key == "mtu") {
        read_mtu(value, interface, context);
    } else if (key == "cost") {
        if (const auto cost = reader.integer(key, value, 1, 65535))
            interface.cost = static_cast<std::uint32_t>(*cost);
    } else if (key == "area") {
        interface.area = read_area(value, context);
    } else if (key == "priority") {
        if (const auto priority = reader.integer(key, value, 0, 255))
            interface.priority = static_cast<std::uint8_t>(*priority);
    } else if (key == "timers") {
        interface.timers = read_timers(value, context);
    } else if (key == "passive") {
        interface.passive = reader.boolean(value);
    } else if (key == "gateway") {
        interface.gateway = read_gateway(value, nodes, context);
    } else if (key == "up") {
        interface.up = reader.boolean(value).value_or(true);
    } else if (key == "vrf") {
        interface.vrf = value.is_false() ? "" : reader.string(value).value_or("");
    } else if (key == "port") {
        read_port(value, interface.port, context);
    } else if (key == "udp-port") {
        if (const auto port = reader.integer(key, value, 1, 65535))
            interface.device.udp_port = static_cast<std::uint16_t>(*port);
    }
}

}  // namespace

void EndKeys::add(const Value& table, bool quiet) {
    for (const Member& member : table.members)
        if (is_end_key(member.key) && !(quiet && is_impairment_key(member.key))) add(member);
}

void EndKeys::add(const Member& member) {
    drop(member.key);
    x_members.push_back(&member);
}

void EndKeys::add_defaults(const Value& table, bool quiet) {
    add(table, quiet);
    x_defaults = x_members;
}

void EndKeys::drop_idle_defaults() {
    const auto said = [&](std::string_view key) {
        return std::any_of(x_members.begin(), x_members.end(),
                           [&](const Member* m) { return m->key == key && !m->value.is_false(); });
    };
    std::erase_if(x_members, [&](const Member* m) {
        const std::string_view other = meant_beside(m->key);
        return !other.empty() && !said(other) &&
               std::find(x_defaults.begin(), x_defaults.end(), m) != x_defaults.end();
    });
}

void EndKeys::drop(std::string_view key) {
    std::erase_if(x_members, [&](const Member* m) { return m->key == key; });
}

void read_end(const EndKeys& keys, const NodeList& nodes, Interface& interface, Context& context) {
    std::vector<const Member*> impairments;
    for (const Member* member : keys.members()) {
        if (is_impairment_key(member->key))
            impairments.push_back(member);
        else
            read_key(*member, nodes, interface, context);
    }
    if (!impairments.empty())
        interface.impairment = read_impairment(impairments, context.diagnostics);
}

Mac make_mac(const std::string& node, const std::string& interface) {
    // FNV-1a, then a finalizer: FNV alone leaves the high bits of short texts alike.
    std::uint64_t hash = 14695981039346656037ULL;
    const auto mix = [&](unsigned char byte) { hash = (hash ^ byte) * 1099511628211ULL; };
    for (const char c : node) mix(static_cast<unsigned char>(c));
    mix(0);
    for (const char c : interface) mix(static_cast<unsigned char>(c));
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdULL;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    hash ^= hash >> 33;
    Mac mac;
    mac.bytes[0] = 0x02;  // locally administered, unicast
    for (std::size_t i = 1; i < 6; ++i) mac.bytes[i] = static_cast<std::uint8_t>(hash >> (8 * i));
    return mac;
}

}  // namespace topology
