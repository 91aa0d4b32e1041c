// Default routes: of hosts by themselves, of any end that says where its gateway is.
#include "topology/masquerade.hpp"
#include "topology/routing.hpp"
#include "topology/tunnels.hpp"
#include "topology/uplink.hpp"
#include "topology/vrf_keys.hpp"

#include <algorithm>

namespace topology {
namespace {

class Gateway {
  public:
    Gateway(const Roads& roads, std::size_t node, Diagnostics& diagnostics)
        : roads_(roads), index_(node), node_(roads.lab.nodes[node]), diagnostics_(diagnostics) {}

    // An end's own word, then the node's, then its segment's, then the first router there.
    std::optional<Route> find(Family family) {
        for (std::size_t i = 0; i < node_.interfaces.size(); ++i) {
            const auto& gateway = node_.interfaces[i].gateway;
            if (!gateway || gateway->text.empty() || !node_.interfaces[i].up) continue;
            if (auto route = towards(*gateway, family, i)) return route;
        }
        if (!node_.gateway.empty()) {
            const Text& gateway = node_.gateway.front();
            if (gateway.text.empty()) return std::nullopt;
            if (auto route = towards(gateway, family, std::nullopt)) return route;
            if (!is_other_family(gateway, family)) return std::nullopt;
        }
        if (node_.kind == Kind::nat) return uplink_route(node_, family);
        if (node_.forwards() && !speaks(node_, Routing::static_)) return first_nat(family);
        if (node_.kind != Kind::host) return std::nullopt;
        for (std::size_t i = 0; i < node_.interfaces.size(); ++i) {
            const Interface& interface = node_.interfaces[i];
            if (!interface.up || interface.segment == npos || !interface.vrf.empty()) continue;
            if (interface.gateway && interface.gateway->text.empty()) continue;
            const auto& gateway = roads_.lab.segments[interface.segment].gateway;
            if (gateway && gateway->text.empty()) continue;
            if (gateway && !is_self(*gateway)) {
                if (auto route = towards(*gateway, family, i)) return route;
                if (!is_other_family(*gateway, family)) continue;
            }
            if (auto route = first_router(family, i)) return route;
        }
        return std::nullopt;
    }

  private:
    static Prefix everything(Family family) {
        Prefix prefix;
        prefix.ip.family = family;
        return prefix;
    }

    static bool is_other_family(const Text& gateway, Family family) {
        const auto ip = Ip::parse(gateway.text);
        return ip && ip->family != family;
    }

    bool is_self(const Text& gateway) const {
        if (gateway.text == node_.name) return true;
        const auto ip = Ip::parse(gateway.text);
        return ip && std::any_of(node_.interfaces.begin(), node_.interfaces.end(),
                                 [&](const Interface& interface) {
                                     return std::any_of(
                                         interface.addresses.begin(), interface.addresses.end(),
                                         [&](const Prefix& address) { return address.ip == *ip; });
                                 });
    }

    Route route(Family family, const Neighbours::Hop& hop, const Where& where) const {
        Route route;
        route.destination = everything(family);
        route.hops = {hop.hop};
        for (const Interface& interface : node_.interfaces)
            if (interface.name == hop.hop.dev) route.table = table_of(node_, interface.vrf);
        route.onlink = hop.onlink;
        route.origin = Route::Origin::gateway;
        route.where = where;
        return route;
    }

    std::optional<Route> towards(const Text& gateway, Family family,
                                 std::optional<std::size_t> interface) {
        if (const auto ip = Ip::parse(gateway.text)) {
            if (ip->family != family) return std::nullopt;
            auto out = interface;
            const auto holds = [&](std::size_t i) {
                const auto& addresses = node_.interfaces[i].addresses;
                return std::any_of(addresses.begin(), addresses.end(), [&](const Prefix& address) {
                    return address.ip.family == family && address.contains(*ip);
                });
            };
            if (!out) out = interface_towards(node_, *ip);
            if (!out && ip->is_link_local() && node_.interfaces.size() == 1) out = 0;
            if (!out || !(holds(*out) || (family == Family::ipv6 && ip->is_link_local()))) {
                // Of a segment's gateway: an end without that family is simply not meant.
                if (out && !has(node_.interfaces[*out], family)) return std::nullopt;
                complain(gateway, gateway.text + " is in no network of " + node_.name, "");
                return std::nullopt;
            }
            Neighbours::Hop hop;
            hop.hop = {*ip, node_.interfaces[*out].name};
            return route(family, hop, gateway.where);
        }
        const auto other = roads_.index.find(gateway.text);
        if (other == roads_.index.end()) {
            complain(gateway, "no node \"" + gateway.text + "\" to be the gateway of " + node_.name,
                     neighbour_hint(roads_.lab, roads_.v4, roads_.v6, index_));
            return std::nullopt;
        }
        const std::string vrf = interface ? node_.interfaces[*interface].vrf : "";
        if (const auto hop = roads_.in(family).hop(index_, other->second, vrf, interface))
            return route(family, *hop, gateway.where);
        if (!roads_.v4.hop(index_, other->second, vrf, interface) &&
            !roads_.v6.hop(index_, other->second, vrf, interface))
            complain(gateway, node_.name + " and " + gateway.text + " share no network",
                     neighbour_hint(roads_.lab, roads_.v4, roads_.v6, index_));
        return std::nullopt;
    }

    static bool has(const Interface& interface, Family family) {
        return std::any_of(interface.addresses.begin(), interface.addresses.end(),
                           [&](const Prefix& address) { return address.ip.family == family; });
    }

    void complain(const Text& gateway, std::string message, const std::string& hint) {
        if (complained_) return;  // once, not once a family
        complained_ = true;
        diagnostics_.error("D50", gateway.where, std::move(message), hint);
    }

    // Static routers work their way out; what speaks another protocol has it from here.
    std::optional<Route> first_nat(Family family) const {
        const Neighbours& neighbours = roads_.in(family);
        for (const Neighbours::Place& place : neighbours.of(index_)) {
            if (!node_.interfaces[place.interface].vrf.empty()) continue;
            const Net& net = neighbours.nets()[place.net];
            for (std::size_t m = 0; m < net.members.size(); ++m)
                if (roads_.lab.nodes[net.members[m].end.node].kind == Kind::nat)
                    return route(family, neighbours.hop_to(place, m), node_.where);
        }
        return std::nullopt;
    }

    std::optional<Route> first_router(Family family, std::size_t interface) const {
        const Neighbours& neighbours = roads_.in(family);
        for (const Neighbours::Place& place : neighbours.of(index_)) {
            if (place.interface != interface) continue;
            const Net& net = neighbours.nets()[place.net];
            const Segment& segment = roads_.lab.segments[net.segment];
            if (!is_cable(roads_.lab.links[segment.links.front()].kind)) continue;
            for (std::size_t m = 0; m < net.members.size(); ++m) {
                const std::size_t other = net.members[m].end.node;
                const Node& gateway = roads_.lab.nodes[other];
                const bool forwards = gateway.forwards();
                // What such a router has behind it, it hides from this network.
                const bool inwards = masquerades(gateway, roads_.lab.at(net.members[m].end));
                if (other != index_ && forwards && !inwards)
                    return route(family, neighbours.hop_to(place, m), node_.where);
            }
        }
        return std::nullopt;
    }

    const Roads& roads_;
    std::size_t index_;
    const Node& node_;
    Diagnostics& diagnostics_;
    bool complained_ = false;
};

}  // namespace

std::vector<Route> gateway_routes(const Roads& roads, std::size_t node, bool want4, bool want6,
                                  Diagnostics& diagnostics) {
    Gateway gateway(roads, node, diagnostics);
    std::vector<Route> routes;
    if (want4)
        if (auto route = gateway.find(Family::ipv4)) routes.push_back(std::move(*route));
    if (want6)
        if (auto route = gateway.find(Family::ipv6)) routes.push_back(std::move(*route));
    return routes;
}

}  // namespace topology
