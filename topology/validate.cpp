// Rules that only a finished lab can break, one function each (language.md §12).
#include "topology/configure.hpp"
#include "topology/masquerade.hpp"
#include "topology/routing.hpp"
#include "topology/stages.hpp"
#include "topology/switch_loops.hpp"
#include "topology/unlike_ends.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace topology {
namespace {

struct Finished {
    const Lab& lab;
    const Speakers& speakers;
};

std::string line_of(const Where& where) {
    return where.line == 0 ? "" : " (line " + std::to_string(where.line) + ")";
}

std::string name_of(const Lab& lab, const End& end) {
    return lab.nodes[end.node].name + "." + lab.at(end).name;
}

bool is_peer_kind(const Node& node) {
    return node.kind == Kind::host || node.forwards();
}

// A VRF is a world of its own, and so are the networks that it is the router of.
bool is_in_vrf(const Lab& lab, const Interface& interface) {
    const std::vector<End>& ends = lab.segments[interface.segment].ends;
    return std::any_of(ends.begin(), ends.end(),
                       [&](const End& end) { return !lab.at(end).vrf.empty(); });
}

// What an address is when no interface can have it; nullptr of one that can be had.
const char* unusable(const Prefix& address) {
    const Ip& ip = address.ip;
    if (ip.is_multicast()) return "is a group's";
    if (ip.is_loopback()) return "is everybody's own, on lo";
    if (ip.is_unspecified()) return "is nobody's";
    // RFC 3021: a network of two has neither.
    if (ip.family != Family::ipv4 || address.length >= 31) return nullptr;
    if (!address.has_host_bits()) return "is the network's own";
    Prefix last = address.network();
    for (std::size_t bit = address.length; bit < 32; ++bit)
        last.ip.bytes[bit / 8] =
            static_cast<std::uint8_t>(last.ip.bytes[bit / 8] | 0x80 >> bit % 8);
    return ip == last.ip ? "is the network's broadcast address" : nullptr;
}

void unusable_addresses(const Finished& in, Diagnostics& diagnostics) {
    for (const Node& node : in.lab.nodes)
        for (const Interface& interface : node.interfaces)
            for (const auto& [address, where] : interface.explicit_addresses)
                if (const char* what = unusable(address))
                    diagnostics.error("D31", where,
                                      address.ip.text() + " " + what + ": no interface can have it",
                                      "an address of one host, such as \"10.0.0.1/24\"");
}

// D31. Private networks are worlds of their own; link-local addresses belong to their segment.
void address_twice(const Finished& in, Diagnostics& diagnostics) {
    struct Holder {
        std::string name;
        Where where;
        std::size_t segment;
    };
    std::map<std::pair<std::size_t, Ip>, Holder> holders;
    const auto hold = [&](std::size_t scope, const Ip& ip, const Holder& holder) {
        const auto [first, fresh] = holders.emplace(std::make_pair(scope, ip), holder);
        if (fresh) return;
        const bool same = first->second.segment != npos && first->second.segment == holder.segment;
        diagnostics.error("D31", holder.where,
                          ip.text() + " is on " + first->second.name +
                              line_of(first->second.where) + " and on " + holder.name +
                              (same ? ", same network" : ""),
                          same ? "every end of a network needs an address of its own"
                               : "private = true keeps networks apart that may repeat addresses");
    };
    for (const Node& node : in.lab.nodes) {
        const auto written = [](const auto& list, const Prefix& address, const Where& otherwise) {
            for (const auto& [prefix, where] : list)
                if (prefix == address) return where;
            return otherwise;
        };
        for (const Prefix& loopback : node.loopbacks)
            hold(npos, loopback.ip,
                 {node.name + ".lo", written(node.explicit_loopbacks, loopback, node.where), npos});
        for (const Interface& interface : node.interfaces) {
            if (interface.segment == npos) continue;
            const bool apart = in.lab.segments[interface.segment].private_;
            for (const Prefix& address : interface.addresses) {
                const bool borrowed = std::find(node.loopbacks.begin(), node.loopbacks.end(),
                                                address) != node.loopbacks.end();
                // The same address on lo and on a link of one node is how unnumbered links look.
                if (borrowed) continue;
                const bool own =
                    apart || address.ip.is_link_local() || is_in_vrf(in.lab, interface);
                hold(own ? interface.segment : npos, address.ip,
                     {node.name + "." + interface.name,
                      written(interface.explicit_addresses, address, interface.where),
                      interface.segment});
            }
        }
    }
}

// D33
void id_twice(const Finished& in, Diagnostics& diagnostics) {
    std::map<std::uint32_t, const Node*> holders;
    for (const Node& node : in.lab.nodes) {
        if (!node.id) continue;
        const auto [first, fresh] = holders.emplace(*node.id, &node);
        if (!fresh)
            diagnostics.error(
                "D33", node.where,
                first->second->name + " and " + node.name + " have id " + std::to_string(*node.id),
                "ids are loopback numbers and router ids: one node each");
    }
}

// D37
void mac_twice(const Finished& in, Diagnostics& diagnostics) {
    for (const Segment& segment : in.lab.segments) {
        std::map<Mac, End> holders;
        for (const End& end : segment.ends) {
            if (in.lab.at(end).mac.is_zero()) continue;  // of tunnels that have none
            const auto [first, fresh] = holders.emplace(in.lab.at(end).mac, end);
            if (!fresh)
                diagnostics.error("D37", in.lab.at(end).where,
                                  in.lab.at(end).mac.text() + " is used twice in one network: " +
                                      name_of(in.lab, first->second) + " and " +
                                      name_of(in.lab, end),
                                  "leave mac out: every interface gets its own");
        }
    }
}

// D38
void mtu_below_ipv6(const Finished& in, Diagnostics& diagnostics) {
    for (std::size_t n = 0; n < in.lab.nodes.size(); ++n) {
        const Node& node = in.lab.nodes[n];
        for (const Interface& interface : node.interfaces) {
            if (interface.mtu >= 1280 || !is_peer_kind(node)) continue;
            const std::string what = node.name + "." + interface.name + " has an MTU of " +
                                     std::to_string(interface.mtu) + ", IPv6 needs 1280";
            const bool written = std::any_of(
                interface.explicit_addresses.begin(), interface.explicit_addresses.end(),
                [](const auto& a) { return a.first.ip.family == Family::ipv6; });
            if (written)
                diagnostics.error("D38", interface.where, what, "a larger mtu, or IPv4 only");
            else if (interface.ipv6 != AddressMode::off && in.lab.addressing.ipv6)
                diagnostics.warning("D38", interface.where, what + ": it gets none",
                                    "ipv6 = false on the link");
        }
    }
}

// D47
void areas_differ(const Finished& in, Diagnostics& diagnostics) {
    for (const Segment& segment : in.lab.segments) {
        std::vector<End> speakers;
        for (const End& end : segment.ends)
            if (in.speakers.speaks(end.node, Routing::ospf)) speakers.push_back(end);
        if (speakers.empty() || ospf_area(in.speakers, segment, speakers.front())) continue;
        std::string who;
        for (const End& end : speakers) {
            const auto area = in.lab.at(end).area;
            who += (who.empty() ? "" : ", ") + in.lab.nodes[end.node].name +
                   (who.empty() ? " is in area " : " in area ") +
                   std::to_string(area.value_or(in.lab.nodes[end.node].area.value_or(0)));
        }
        const Link& link = in.lab.links[segment.links.front()];
        diagnostics.error("D47", link.where, who + ", on link " + link.name,
                          "area = … on the link");
    }
}

// D44. An instance for each VRF is written for OSPF only.
void protocols_in_vrfs(const Finished& in, Diagnostics& diagnostics) {
    constexpr std::array<std::pair<Routing, const char*>, 4> single{{{Routing::isis, "isis"},
                                                                     {Routing::bgp, "bgp"},
                                                                     {Routing::rip, "rip"},
                                                                     {Routing::babel, "babel"}}};
    for (std::size_t n = 0; n < in.lab.nodes.size(); ++n)
        for (const auto& [protocol, word] : single) {
            const Node& node = in.lab.nodes[n];
            const auto used = std::find_if(node.interfaces.begin(), node.interfaces.end(),
                                           [](const Interface& i) { return !i.vrf.empty(); });
            if (used != node.interfaces.end() && in.speakers.speaks(n, protocol))
                diagnostics.error("D44", used->where,
                                  std::string("generated ") + word + " does not do VRFs",
                                  "own files, ospf or static");
        }
}

// D48
void lines_beside_own_file(const Finished& in, Diagnostics& diagnostics) {
    for (const Node& node : in.lab.nodes)
        if (!node.frr.text.empty() && brings_frr(node))
            diagnostics.error("D48", node.frr.where,
                              node.name + " brings its own frr.conf, \"frr\" lines would be lost",
                              "put them in the file");
}

// D59
void switch_loop(const Finished& in, Diagnostics& diagnostics) {
    check_loops(in.lab, diagnostics);
}

// D60
void static_behind_dynamic(const Finished& in, Diagnostics& diagnostics) {
    constexpr std::array<std::pair<Routing, const char*>, 5> dynamic{{{Routing::ospf, "ospf"},
                                                                      {Routing::isis, "isis"},
                                                                      {Routing::bgp, "bgp"},
                                                                      {Routing::rip, "rip"},
                                                                      {Routing::babel, "babel"}}};
    const auto word_of = [&](std::size_t node) -> const char* {
        for (const auto& [protocol, word] : dynamic)
            if (in.speakers.speaks(node, protocol)) return word;
        return nullptr;
    };
    for (std::size_t n = 0; n < in.lab.nodes.size(); ++n) {
        const Node& node = in.lab.nodes[n];
        if (!node.forwards() || !in.speakers.speaks(n, Routing::static_) || word_of(n) != nullptr)
            continue;
        const char* word = nullptr;
        bool others = false, told = false;
        std::optional<Prefix> hidden;
        for (const Interface& interface : node.interfaces) {
            if (interface.segment == npos) continue;
            const Segment& segment = in.lab.segments[interface.segment];
            bool announced = false;
            for (const End& end : segment.ends) {
                const Node& other = in.lab.nodes[end.node];
                if (end.node == n || !other.forwards()) continue;
                if (const char* spoken = word_of(end.node)) {
                    word = spoken;
                    announced = true;
                    // Whoever writes routes or lines of their own knows what they do.
                    told |= !other.route_lines.empty() || !other.frr.text.empty();
                } else {
                    others |= in.speakers.speaks(end.node, Routing::static_);
                }
            }
            if (!announced && !segment.private_ && !hidden)
                hidden = segment.ipv4 ? segment.ipv4 : segment.ipv6;
        }
        if (word != nullptr && hidden && !others && !told)
            diagnostics.warning("D60", node.where,
                                node.name + " is static behind " + word +
                                    " routers: nobody announces " + hidden->text(),
                                "routing = \"" + std::string(word) + "\", or routes");
    }
}

// D69
void alone(const Finished& in, Diagnostics& diagnostics) {
    if (in.lab.nodes.size() == 1) return;
    for (const Node& node : in.lab.nodes)
        if (node.interfaces.empty())
            diagnostics.warning("D69", node.where, node.name + " has no link", "");
}

// D70
void unreachable(const Finished& in, Diagnostics& diagnostics) {
    for (const Node& node : in.lab.nodes) {
        if (!is_peer_kind(node) || primary(node, Family::ipv4) || primary(node, Family::ipv6))
            continue;
        const bool link_local = std::any_of(
            node.interfaces.begin(), node.interfaces.end(), [&](const Interface& interface) {
                return interface.segment != npos &&
                       in.lab.segments[interface.segment].link_local_only;
            });
        if (link_local)
            diagnostics.warning("D70", node.where, node.name + " has only link-local addresses",
                                "loopback = true");
    }
    // OSPFv2, IS-IS, RIP and Babel of FRR need an IPv4 address to carry IPv4; BGP does without.
    if (!in.lab.addressing.ipv4) return;
    for (const Segment& segment : in.lab.segments) {
        if (!segment.link_local_only || segment.ipv4) continue;
        std::map<Routing, unsigned> count;
        bool has_ipv4 = false;
        for (const End& end : segment.ends) {
            for (const Routing protocol :
                 {Routing::ospf, Routing::isis, Routing::rip, Routing::babel})
                count[protocol] += in.speakers.speaks(end.node, protocol);
            for (const Prefix& address : in.lab.at(end).addresses)
                has_ipv4 |= address.ip.family == Family::ipv4;
        }
        const bool spoken = std::any_of(count.begin(), count.end(),
                                        [](const auto& entry) { return entry.second > 1; });
        const Link& link = in.lab.links[segment.links.front()];
        if (spoken && !has_ipv4)
            diagnostics.warning("D70", link.where,
                                "no IPv4 over " + link.name +
                                    ": it has only link-local addresses, and its routers' protocol "
                                    "needs an IPv4 address",
                                "ipv4 = \"unnumbered\" beside it, and loopback = true");
    }
}

// RIP counts hops.
void cost_in_rip(const Finished& in, Diagnostics& diagnostics) {
    for (std::size_t n = 0; n < in.lab.nodes.size(); ++n) {
        if (!in.speakers.speaks(n, Routing::rip)) continue;
        for (const Interface& interface : in.lab.nodes[n].interfaces)
            if (interface.cost) {
                diagnostics.notice("RIP", interface.where,
                                   "rip counts hops: the cost of " + in.lab.nodes[n].name + "." +
                                       interface.name + " changes nothing");
                return;
            }
    }
}

// D51
void forwarded_to_nobody(const Finished& in, Diagnostics& diagnostics) {
    check_forwards(in.lab, diagnostics);
}

// D82 to D84
void unlike_ends(const Finished& in, Diagnostics& diagnostics) {
    warn_of_unlike_ends(in.speakers, diagnostics);
}

using Rule = void (*)(const Finished&, Diagnostics&);
constexpr Rule rules[] = {
    unusable_addresses,
    address_twice,
    id_twice,
    mac_twice,
    mtu_below_ipv6,
    areas_differ,
    lines_beside_own_file,
    switch_loop,
    static_behind_dynamic,
    alone,
    unreachable,
    cost_in_rip,
    forwarded_to_nobody,
    protocols_in_vrfs,
    unlike_ends,
};

}  // namespace

void validate(const Lab& lab, Diagnostics& diagnostics) {
    const Speakers speakers(lab);
    const Finished in{lab, speakers};
    for (const Rule rule : rules) rule(in, diagnostics);
}

}  // namespace topology
