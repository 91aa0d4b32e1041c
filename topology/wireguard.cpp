// See wireguard.hpp.
#include "topology/wireguard.hpp"

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace topology {
namespace {

constexpr std::uint16_t first_port = 51820;

bool is_wireguard(const Interface& interface) {
    return interface.kind == DeviceKind::wireguard;
}

// To each network the one that it was given to first: the kernel knows one owner of it.
class Allowed {
  public:
    explicit Allowed(std::size_t ends) : networks(ends) {}
    void give(const Prefix& network, std::size_t end) {
        if (given_.insert(network).second) networks[end].insert(network);
    }
    std::vector<std::set<Prefix>> networks;  // by end

  private:
    std::set<Prefix> given_;
};

// The addresses of the others, and what the node's routes send to these.
void give_what_is_behind(const Lab& lab, const Link& link, const End& end, Allowed& allowed) {
    std::map<Ip, std::size_t> others;
    for (std::size_t e = 0; e < link.ends.size(); ++e)
        if (link.ends[e] != end)
            for (const Prefix& address : lab.at(link.ends[e]).addresses) {
                others.emplace(address.ip, e);
                allowed.give({address.ip, address.ip.bits()}, e);
            }
    const std::string& name = lab.at(end).name;
    for (const Route& route : lab.nodes[end.node].routes)
        for (const Route::Hop& hop : route.hops) {
            if (!hop.via || (!hop.dev.empty() && hop.dev != name)) continue;
            if (const auto to = others.find(*hop.via); to != others.end())
                allowed.give(route.destination.network(), to->second);
        }
}

}  // namespace

void number_wireguard_ports(Lab& lab, Diagnostics& diagnostics) {
    for (Node& node : lab.nodes) {
        std::map<std::uint16_t, std::string> taken;
        for (const Interface& interface : node.interfaces) {
            const std::uint16_t port = interface.device.udp_port;
            if (!is_wireguard(interface) || port == 0) continue;
            const auto [first, is_new] = taken.emplace(port, interface.name);
            if (!is_new)
                diagnostics.error("D21", interface.where,
                                  node.name + ":" + interface.name + " and " + first->second +
                                      " both listen on UDP port " + std::to_string(port),
                                  "another udp-port, or none: labd takes the next free one");
        }
        std::uint16_t next = first_port;
        for (Interface& interface : node.interfaces) {
            if (!is_wireguard(interface) || interface.device.udp_port != 0) continue;
            while (taken.contains(next)) ++next;
            interface.device.udp_port = next;
            taken.emplace(next, interface.name);
        }
    }
}

void check_wireguard_addresses(const Lab& lab, Diagnostics& diagnostics) {
    for (const Link& link : lab.links)
        for (const End& end : link.ends) {
            const Interface& interface = lab.at(end);
            if (!is_wireguard(interface) || interface.segment == npos) continue;
            if (!lab.segments[interface.segment].link_local_only) continue;
            diagnostics.error("D35", link.where, "WireGuard has no IPv6 link-local addresses",
                              "ipv6 = false on the link, or a prefix");
            break;
        }
}

Wireguard wireguard_of(const Lab& lab, const End& end) {
    const Link& link = lab.links[lab.at(end).link];
    Allowed allowed(link.ends.size());
    if (link.ends.size() == 2) {
        const std::size_t other = link.ends[0] == end ? 1 : 0;
        allowed.give({Ip{Family::ipv4, {}}, 0}, other);
        allowed.give({Ip{Family::ipv6, {}}, 0}, other);
    } else {
        give_what_is_behind(lab, link, end, allowed);
    }
    Wireguard out;
    out.port = lab.at(end).device.udp_port;
    for (std::size_t e = 0; e < link.ends.size(); ++e) {
        if (link.ends[e] == end) continue;
        const Interface& far = lab.at(link.ends[e]);
        WireguardPeer peer;
        peer.address = far.device.local;
        peer.port = far.device.udp_port;
        peer.allowed = std::move(allowed.networks[e]);
        out.peers[lab.nodes[link.ends[e].node].name + ":" + far.name] = std::move(peer);
    }
    return out;
}

}  // namespace topology
