// Who reaches whom without a router in between, per family.
#include "topology/routing.hpp"

#include <algorithm>
#include <set>

namespace topology {
namespace {

bool borrowed(const Node& node, const Interface& interface, const Prefix& address) {
    return address.is_host() && (interface.ipv4 == AddressMode::unnumbered ||
                                 std::find(node.loopbacks.begin(), node.loopbacks.end(), address) !=
                                     node.loopbacks.end());
}

}  // namespace

NodeIndex index_of(const Lab& lab) {
    NodeIndex index;
    index.reserve(lab.nodes.size());
    for (std::size_t n = 0; n < lab.nodes.size(); ++n) index.emplace(lab.nodes[n].name, n);
    return index;
}

Neighbours::Neighbours(const Lab& lab, Family family)
    : lab_(lab), family_(family), places_(lab.nodes.size()) {
    for (std::size_t s = 0; s < lab.segments.size(); ++s) {
        const Segment& segment = lab.segments[s];
        const std::size_t first = nets_.size();
        const auto join = [&](Net::Kind kind, const Prefix& prefix, const End& end, const Ip& ip) {
            std::size_t n = first;
            while (n < nets_.size() && (nets_[n].kind != kind || nets_[n].prefix != prefix)) ++n;
            if (n == nets_.size()) {
                nets_.emplace_back();
                nets_[n].kind = kind;
                nets_[n].segment = s;
                nets_[n].prefix = prefix;
            }
            places_[end.node].push_back({n, nets_[n].members.size(), end.interface});
            nets_[n].members.push_back({end, ip});
        };
        for (const End& end : segment.ends) {
            const Node& node = lab.nodes[end.node];
            const Interface& interface = lab.at(end);
            // The kernel takes no route out of an interface that is down.
            if (!interface.up || node.kind == Kind::external) continue;
            for (const Prefix& address : interface.addresses) {
                if (address.ip.family != family || address.ip.is_link_local()) continue;
                if (borrowed(node, interface, address))
                    join(Net::Kind::unnumbered, Prefix{}, end, address.ip);
                else
                    join(Net::Kind::subnet, address.network(), end, address.ip);
            }
            if (segment.link_local_only && interface.ipv6 != AddressMode::off &&
                interface.mtu >= 1280 &&
                (family == Family::ipv6 || (!segment.ipv4 && interface.ipv4 != AddressMode::off)) &&
                node.kind != Kind::bare)
                join(Net::Kind::link_local, Prefix{}, end, interface.mac.link_local());
        }
    }
    // Segments come in the order of their first links, interfaces of a node in the order of theirs.
    for (auto& places : places_)
        std::stable_sort(places.begin(), places.end(),
                         [](const Place& a, const Place& b) { return a.interface < b.interface; });
}

Neighbours::Hop Neighbours::hop_to(const Place& from, std::size_t member) const {
    const Net& net = nets_[from.net];
    const End& end = net.members[from.member].end;
    Hop hop;
    hop.hop.via = net.members[member].ip;
    hop.hop.dev = lab_.at(end).name;
    hop.onlink = net.kind == Net::Kind::unnumbered;
    return hop;
}

std::optional<Neighbours::Hop> Neighbours::hop(std::size_t node, std::size_t other,
                                               const std::string& vrf,
                                               std::optional<std::size_t> interface) const {
    for (const Place& place : places_[node]) {
        if (lab_.nodes[node].interfaces[place.interface].vrf != vrf) continue;
        if (interface && place.interface != *interface) continue;
        const Net& net = nets_[place.net];
        for (std::size_t m = 0; m < net.members.size(); ++m)
            if (net.members[m].end.node == other && m != place.member) return hop_to(place, m);
    }
    return std::nullopt;
}

std::string neighbour_hint(const Lab& lab, const Neighbours& v4, const Neighbours& v6,
                           std::size_t node) {
    std::set<std::size_t> found;
    for (const Neighbours* family : {&v4, &v6})
        for (const Neighbours::Place& place : family->of(node))
            for (const Net::Member& member : family->nets()[place.net].members)
                if (member.end.node != node) found.insert(member.end.node);
    if (found.empty()) return lab.nodes[node].name + " has no neighbours";
    std::string hint = "neighbours of " + lab.nodes[node].name + ": ";
    std::size_t count = 0;
    for (const std::size_t n : found) {
        if (++count > 8) return hint + ", …";
        hint += (count > 1 ? ", " : "") + lab.nodes[n].name;
    }
    return hint;
}

std::optional<std::size_t> interface_towards(const Node& node, const Ip& ip,
                                             const std::string& vrf) {
    for (std::size_t i = 0; i < node.interfaces.size(); ++i) {
        if (!node.interfaces[i].up || node.interfaces[i].vrf != vrf) continue;
        for (const Prefix& address : node.interfaces[i].addresses)
            if (address.ip.family == ip.family && address.contains(ip)) return i;
    }
    return std::nullopt;
}

}  // namespace topology
