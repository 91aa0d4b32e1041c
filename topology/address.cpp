// The station `address`: after it every segment has its networks and every end its addresses.
#include "topology/address.hpp"

#include "topology/stages.hpp"
#include "topology/tunnels.hpp"

#include <algorithm>

namespace topology {

bool is_router_end(const Node& node) {
    return node.forwards();
}

bool takes_addresses(const Node& node) {
    // Of a switch only its VLANs come here.
    return node.kind != Kind::bare && !node.is_outside();
}

AddressMode mode_of(const Interface& interface, Family family) {
    if (family == Family::ipv4) return interface.ipv4;
    // The kernel has no IPv6 on an interface below its least MTU (RFC 8200: 1280).
    return interface.mtu < 1280 ? AddressMode::off : interface.ipv6;
}

bool has_explicit(const Interface& interface, Family family) {
    return std::any_of(interface.explicit_addresses.begin(), interface.explicit_addresses.end(),
                       [&](const auto& address) {
                           return address.first.ip.family == family &&
                                  !address.first.ip.is_link_local();
                       });
}

namespace {

// Two routers and nothing between them, or a tunnel: the pool "links".
bool point_to_point(const Lab& lab, const Segment& segment) {
    if (!segment.switches.empty() || segment.ends.size() != 2) return false;
    if (!is_cable(lab.links[segment.links.front()].kind)) return true;
    return lab.nodes[segment.ends[0].node].kind == Kind::router &&
           lab.nodes[segment.ends[1].node].kind == Kind::router;
}

// A host's length says nothing about the network it is in.
std::optional<Prefix> written_network(const Lab& lab, const Segment& segment, Family family) {
    std::optional<Prefix> host;
    for (const End& end : segment.ends)
        for (const auto& [address, where] : lab.at(end).explicit_addresses) {
            if (address.ip.family != family || address.ip.is_link_local()) continue;
            if (!address.is_host()) return address.network();
            if (!host) host = address;
        }
    return host;
}

bool wants(const Lab& lab, const End& end, Family family) {
    const Interface& interface = lab.at(end);
    return mode_of(interface, family) == AddressMode::automatic &&
           takes_addresses(lab.nodes[end.node]) && !has_explicit(interface, family);
}

Demand demand_of(const Lab& lab, const Segment& segment) {
    Demand demand;
    demand.point_to_point = point_to_point(lab, segment);
    for (const End& end : segment.ends) {
        if (!wants(lab, end, Family::ipv4) && !wants(lab, end, Family::ipv6)) continue;
        ++(is_router_end(lab.nodes[end.node]) ? demand.routers : demand.others);
    }
    return demand;
}

// Unnumbered ends hold the loopback's address, which is how Linux and FRR want to be told.
void borrow(Lab& lab, const Segment& segment, bool whole_pool, Diagnostics& diagnostics) {
    for (const End& end : segment.ends) {
        Interface& interface = lab.at(end);
        const Node& node = lab.nodes[end.node];
        const bool asked = interface.ipv4 == AddressMode::unnumbered ||
                           (whole_pool && wants(lab, end, Family::ipv4));
        if (!asked || has_explicit(interface, Family::ipv4)) continue;
        const auto loopback =
            std::find_if(node.loopbacks.begin(), node.loopbacks.end(),
                         [](const Prefix& p) { return p.ip.family == Family::ipv4; });
        if (loopback != node.loopbacks.end())
            interface.addresses.push_back(*loopback);
        else
            diagnostics.error("D35", interface.where,
                              node.name + "." + interface.name +
                                  " is unnumbered, and there is no loopback to borrow from",
                              "loopback = true on " + node.name);
    }
}

// Pools drawn from that lie in each other are legal: a block is never given twice.
void warn_of_overlaps(const Lab& lab, const std::vector<std::string>& drawn,
                      Diagnostics& diagnostics) {
    for (std::size_t i = 0; i < drawn.size(); ++i)
        for (std::size_t j = i + 1; j < drawn.size(); ++j) {
            const Pool &a = lab.addressing.pools.at(drawn[i]),
                       &b = lab.addressing.pools.at(drawn[j]);
            const bool v4 = a.ipv4 && b.ipv4 && a.ipv4->overlaps(*b.ipv4);
            const bool v6 = a.ipv6 && b.ipv6 && a.ipv6->overlaps(*b.ipv6);
            if (!v4 && !v6) continue;
            const Prefix &x = v4 ? *a.ipv4 : *a.ipv6, &y = v4 ? *b.ipv4 : *b.ipv6;
            diagnostics.warning("D36", a.where.line >= b.where.line ? a.where : b.where,
                                "pools \"" + drawn[i] + "\" and \"" + drawn[j] + "\" overlap in " +
                                    (x.length > y.length ? x : y).text() +
                                    " and both are drawn from",
                                "harmless (blocks are never given twice), but hard to read");
        }
}

// What a segment wants of a pool.
struct Request {
    Demand demand;
    std::string pool;
    bool ipv4 = false, ipv6 = false;
};

bool any_wants(const Lab& lab, const Segment& segment, Family family) {
    return std::any_of(segment.ends.begin(), segment.ends.end(),
                       [&](const End& end) { return wants(lab, end, family); });
}

bool leads_outside(const Lab& lab, const Segment& segment) {
    return std::any_of(segment.ends.begin(), segment.ends.end(),
                       [&](const End& end) { return lab.nodes[end.node].kind == Kind::external; });
}

// The networks that are written, and what is left for the pools.
Request read_networks(const Lab& lab, Segment& segment, const NetworkKeys& keys) {
    Request out;
    out.demand = demand_of(lab, segment);
    const bool any4 = any_wants(lab, segment, Family::ipv4);
    const bool any6 = any_wants(lab, segment, Family::ipv6);
    segment.ipv4 = written_network(lab, segment, Family::ipv4);
    segment.ipv6 = written_network(lab, segment, Family::ipv6);
    if (!segment.ipv4 && any4 && keys.ipv4) segment.ipv4 = keys.ipv4->first;
    if (!segment.ipv6 && any6 && keys.ipv6) segment.ipv6 = keys.ipv6->first;

    out.pool = !keys.pool.text.empty()     ? keys.pool.text
               : out.demand.point_to_point ? "links"
                                           : "lans";
    if (!lab.addressing.automatic || leads_outside(lab, segment) ||
        !lab.addressing.pools.contains(out.pool))
        return out;
    out.ipv4 = any4 && !segment.ipv4;
    out.ipv6 = any6 && !segment.ipv6;
    return out;
}

// What runs first, all of it; then what is new takes what is left, in file order.
void draw_networks(Lab& lab, std::vector<Request>& requests, const Numbering& running,
                   Diagnostics& diagnostics) {
    Pools pools(lab, diagnostics);
    std::vector<std::string> drawn;
    const auto grant = [&](std::size_t s, const Pools::Grant& networks) {
        Segment& segment = lab.segments[s];
        if (networks.ipv4) segment.ipv4 = networks.ipv4, requests[s].ipv4 = false;
        if (networks.ipv6) segment.ipv6 = networks.ipv6, requests[s].ipv6 = false;
        if ((networks.ipv4 || networks.ipv6) &&
            std::find(drawn.begin(), drawn.end(), requests[s].pool) == drawn.end())
            drawn.push_back(requests[s].pool);
    };
    const std::vector<HeldNetworks> held = held_networks(lab, running);
    for (std::size_t s = 0; s < requests.size(); ++s) {
        const Request& request = requests[s];
        const auto words = running.pools.find(request.pool);
        if (words == running.pools.end() || (!request.ipv4 && !request.ipv6)) continue;
        if (words->second == words_of(lab.addressing.pools.at(request.pool)))
            grant(s, pools.keep(request.pool, request.ipv4, request.ipv6, held[s], request.demand));
    }
    for (std::size_t s = 0; s < requests.size(); ++s) {
        const Request& request = requests[s];
        if (!request.ipv4 && !request.ipv6) continue;
        const Segment& segment = lab.segments[s];
        const Link& link = lab.links[segment.links.front()];
        Pools::Grant kept = held[s];
        if (kept.ipv4 != segment.ipv4) kept.ipv4.reset();
        if (kept.ipv6 != segment.ipv6) kept.ipv6.reset();
        grant(s, pools.draw(request.pool, request.ipv4, request.ipv6, request.demand, kept,
                            link.name, link.where));
    }
    warn_of_overlaps(lab, drawn, diagnostics);
}

// Ends that say "link-local" make a network of it when nobody holds more.
bool by_link_local(const Lab& lab, const Segment& segment) {
    return !segment.ipv6 && !any_wants(lab, segment, Family::ipv6) &&
           std::any_of(segment.ends.begin(), segment.ends.end(), [&](const End& end) {
               return mode_of(lab.at(end), Family::ipv6) == AddressMode::link_local;
           });
}

void put_ipv4_first(Lab& lab, const Segment& segment) {
    for (const End& end : segment.ends) {
        auto& addresses = lab.at(end).addresses;
        std::stable_partition(addresses.begin(), addresses.end(), [](const Prefix& address) {
            return address.ip.family == Family::ipv4;
        });
    }
}

}  // namespace

void address(Lab& lab, Diagnostics& diagnostics, const Numbering& running) {
    for (Node& node : lab.nodes)
        for (Interface& interface : node.interfaces) {
            interface.addresses.clear();
            for (const auto& written : interface.explicit_addresses)
                interface.addresses.push_back(written.first);
        }
    const std::vector<NetworkKeys> keys = find_segments(lab, diagnostics);
    number_nodes(lab, running, diagnostics);

    // A network for every segment.
    std::vector<Request> requests;
    std::vector<bool> unnumbered;
    for (std::size_t s = 0; s < lab.segments.size(); ++s) {
        Segment& segment = lab.segments[s];
        Request request = read_networks(lab, segment, keys[s]);
        const auto pool = lab.addressing.pools.find(request.pool);
        unnumbered.push_back(request.ipv4 && pool->second.unnumbered && lab.addressing.ipv4);
        segment.link_local_only = request.ipv6 && pool->second.link_local && lab.addressing.ipv6;
        requests.push_back(std::move(request));
    }
    draw_networks(lab, requests, running, diagnostics);

    // A number for every end.
    for (std::size_t s = 0; s < lab.segments.size(); ++s) {
        Segment& segment = lab.segments[s];
        segment.link_local_only |= by_link_local(lab, segment);
        borrow(lab, segment, unnumbered[s], diagnostics);
        if (lab.addressing.automatic || keys[s].ipv4 || keys[s].ipv6)
            number_ends(lab, segment, requests[s].demand.point_to_point, running, diagnostics);
        put_ipv4_first(lab, segment);
    }
    address_tunnels(lab, diagnostics);
}

}  // namespace topology
