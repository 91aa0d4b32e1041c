// See addressing_keys.hpp; the numbers are those of language.md §6.1.
#include "topology/addressing_keys.hpp"

#include "topology/keys.hpp"
#include "topology/names.hpp"
#include "topology/suggest.hpp"

#include <algorithm>

namespace topology {
namespace {

constexpr std::int64_t most_start = 1 << 24;

Pool built_in(const char* ipv4, const char* ipv6, std::uint32_t start) {
    Pool pool;
    pool.ipv4 = Prefix::parse(ipv4);
    pool.ipv6 = Prefix::parse(ipv6);
    pool.start = start;
    return pool;
}

// A network of that family, false, or the one word that stands for "no addresses of its own".
void read_family(const Member& member, Family family, std::string_view word, Context& context,
                 std::optional<Prefix>& network, bool& by_word) {
    network.reset();
    by_word = false;
    if (member.value.is_false()) return;
    const std::optional<std::string> text = context.reader.string(member.value);
    if (!text) return;
    if (*text == word) {
        by_word = true;
        return;
    }
    if (!Prefix::parse(*text)) {
        context.diagnostics.error("VALUE", member.value.where, "\"" + *text + "\" is not a network",
                                  family == Family::ipv4 ? "\"10.0.0.0/16\" or \"unnumbered\""
                                                         : "\"fd00::/48\" or \"link-local\"");
        return;
    }
    const auto networks = context.reader.networks(member.value);
    if (networks.empty()) return;
    if (networks[0].first.ip.family != family) {
        context.diagnostics.error(
            "VALUE", member.value.where,
            "\"" + *text + "\" is not of the family that \"" + member.key + "\" says");
        return;
    }
    network = networks[0].first;
}

void read_pool(const Value& table, Pool& pool, Context& context) {
    refuse_unknown_keys(table, pool_keys(), context.diagnostics);
    for (const Member& member : table.members) {
        if (member.key == "ipv4") {
            read_family(member, Family::ipv4, "unnumbered", context, pool.ipv4, pool.unnumbered);
        } else if (member.key == "ipv6") {
            read_family(member, Family::ipv6, "link-local", context, pool.ipv6, pool.link_local);
        } else if (member.key == "prefix4") {
            if (const auto n = context.reader.integer(member.key, member.value, 8, 32))
                pool.prefix4 = static_cast<std::uint8_t>(*n);
        } else if (member.key == "prefix6") {
            if (const auto n = context.reader.integer(member.key, member.value, 48, 128))
                pool.prefix6 = static_cast<std::uint8_t>(*n);
        } else if (member.key == "start") {
            if (const auto n = context.reader.integer(member.key, member.value, 0, most_start))
                pool.start = static_cast<std::uint32_t>(*n);
        }
    }
    const auto smaller = [&](const std::optional<Prefix>& network,
                             const std::optional<std::uint8_t>& length, const char* key) {
        if (network && length && *length < network->length)
            context.diagnostics.error("VALUE", table.where,
                                      std::string(key) + " = " + std::to_string(*length) +
                                          " is larger than the pool " + network->text());
    };
    smaller(pool.ipv4, pool.prefix4, "prefix4");
    smaller(pool.ipv6, pool.prefix6, "prefix6");
}

void read_switch(const Member& member, Addressing& addressing, Context& context) {
    if (member.key == "prefer") {
        if (const auto word = context.reader.word("prefer", member.value, {"ipv4", "ipv6"}))
            addressing.prefer = *word == "ipv6" ? Family::ipv6 : Family::ipv4;
        return;
    }
    const std::optional<bool> on = context.reader.boolean(member.value);
    if (!on) return;
    if (member.key == "auto") addressing.automatic = *on;
    if (member.key == "ipv4") addressing.ipv4 = *on;
    if (member.key == "ipv6") addressing.ipv6 = *on;
}

}  // namespace

Addressing read_addressing(const Value& root, Context& context) {
    Addressing addressing;
    addressing.pools["lans"] = built_in("10.0.0.0/12", "fd00::/48", 1);
    addressing.pools["links"] = built_in("172.16.0.0/12", "fd00:0:1::/48", 0);
    addressing.pools["loopbacks"] = built_in("10.255.0.0/16", "fd00:0:2::/48", 0);
    const Value* written = root.find("addressing");
    if (written == nullptr || !context.reader.table(*written, "[addressing]")) return addressing;
    const Value table = context.interpolator.value(*written, context.names, Late::refused);
    const auto& switches = addressing_switches().keys;
    Value unknown = Value::table(table.where);
    for (const Member& member : table.members) {
        if (is_free_key(member.key)) continue;
        if (std::find(switches.begin(), switches.end(), member.key) != switches.end()) {
            read_switch(member, addressing, context);
        } else if (!member.value.is(Value::Type::table)) {
            // `links = [[…]]` is the file's own, below the wrong header, and not the pool.
            const bool list = member.key == "links" && member.value.is(Value::Type::array);
            if (addressing.pools.count(member.key) == 0 || list)
                unknown.members.push_back(member);
            else
                context.reader.wrong_type(member.value, "a table",
                                          member.key + " = { ipv4 = \"10.0.0.0/16\" }");
        } else if (!is_name(member.key)) {
            context.diagnostics.error("VALUE", member.where,
                                      "a pool has a–z, 0–9, \"-\" and \"_\" only",
                                      "try \"" + make_name(member.key) + "\"");
        } else {
            const bool own = addressing.pools.count(member.key) == 0;
            Pool& pool = addressing.pools[member.key];
            pool.where = member.where;
            if (own) addressing.pool_order.push_back(member.key);
            read_pool(member.value, pool, context);
        }
    }
    refuse_unknown_keys(unknown, addressing_switches(), context.diagnostics);
    return addressing;
}

}  // namespace topology
