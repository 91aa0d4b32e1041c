// `lab show --resolved`: plain TOML in which nothing is implicit, and which resolves to itself.
#include "topology/resolved.hpp"

#include "topology/isolation.hpp"
#include "topology/segment_services.hpp"
#include "topology/sharing.hpp"
#include "topology/stages.hpp"

#include <limits>

namespace topology {
namespace {

// Its keys speak of networks; which addresses come of them is written at the interfaces.
std::string vlans(const Lab& lab) {
    TomlTable lines;
    for (const Vlan& vlan : lab.vlans) {
        TomlTable table;
        table.raw("id", std::to_string(vlan.id));
        std::vector<std::string> prefixes;
        for (const auto& [prefix, where] : vlan.prefixes) prefixes.push_back(prefix.text());
        if (!prefixes.empty()) table.raw("prefix", toml_list(prefixes));
        if (vlan.gateway && vlan.gateway->text.empty()) table.raw("gateway", "false");
        if (vlan.gateway && !vlan.gateway->text.empty()) table.text("gateway", vlan.gateway->text);
        if (vlan.private_) table.raw("private", *vlan.private_ ? "true" : "false");
        if (vlan.dhcp) table.raw("dhcp", dhcp_text(*vlan.dhcp));
        if (vlan.ra) table.raw("ra", advertise_text(*vlan.ra));
        lines.raw(vlan.name, table.inline_());
    }
    return lines.lines();
}

}  // namespace

std::string resolved_toml(const Lab& lab) {
    TomlTable top;
    top.text("name", lab.name);
    if (!lab.description.empty()) top.text("description", lab.description);
    if (lab.level != Level::lab) top.text("level", level_word(lab.level));
    write_shares(lab, top);
    if (!lab.names) top.raw("names", "false");
    if (lab.seed <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        top.raw("seed", std::to_string(lab.seed));
    if (!lab.needs.empty()) {
        std::vector<std::string> needs;
        for (const Text& need : lab.needs) needs.push_back(need.text);
        top.raw("needs", toml_list(needs));
    }

    TomlTable addressing;
    addressing.raw("auto", "false");
    if (!lab.addressing.ipv4) addressing.raw("ipv4", "false");
    if (!lab.addressing.ipv6) addressing.raw("ipv6", "false");
    if (lab.addressing.prefer == Family::ipv6) addressing.text("prefer", "ipv6");
    // Router ids of routers without a loopback are numbers of this pool.
    const auto pool = lab.addressing.pools.find("loopbacks");
    if (pool != lab.addressing.pools.end() && pool->second.ipv4) {
        TomlTable loopbacks;
        loopbacks.text("ipv4", pool->second.ipv4->text());
        if (pool->second.start != 0) loopbacks.raw("start", std::to_string(pool->second.start));
        if (pool->second.ipv4->text() != "10.255.0.0/16" || pool->second.start != 0)
            addressing.raw("loopbacks", loopbacks.inline_());
    }

    std::string out = "# " + lab.name + " with nothing left to chance: `lab show --resolved`.\n" +
                      top.lines() + "\n[addressing]\n" + addressing.lines();
    if (!lab.vlans.empty()) out += "\n[vlans]\n" + vlans(lab);
    for (const Node& node : lab.nodes) out += "\n" + resolved_node(lab, node);
    for (std::size_t l = 0; l < lab.links.size(); ++l)
        if (const std::string link = resolved_link(lab, l); !link.empty()) out += "\n" + link;
    for (const Check& check : lab.checks) out += "\n[[check]]\n" + check.toml;
    for (const TimedStep& step : lab.steps)
        if (!step.toml.empty()) out += "\n[[step]]\n" + step.toml;
    return out;
}

}  // namespace topology
