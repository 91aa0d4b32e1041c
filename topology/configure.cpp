// The station `configure`: the files and services that routing protocols need.
#include "topology/configure.hpp"

#include "topology/number.hpp"
#include "topology/routing.hpp"
#include "topology/stages.hpp"

#include <algorithm>
#include <cmath>

namespace topology {

Speakers::Speakers(const Lab& lab_) : lab(lab_), spoken_(lab_.nodes.size()) {
    for (std::size_t n = 0; n < lab.nodes.size(); ++n)
        for (const Routing protocol : protocols(lab.nodes[n]))
            spoken_[n] |= 1U << static_cast<unsigned>(protocol);
    std::vector<std::uint32_t> perhaps = spoken_;
    for (std::size_t n = 0; n < lab.nodes.size(); ++n)
        if (configures_itself(lab.nodes[n]))
            for (const Routing protocol :
                 {Routing::ospf, Routing::isis, Routing::bgp, Routing::rip, Routing::babel})
                perhaps[n] |= 1U << static_cast<unsigned>(protocol);
    for (std::size_t s = 0; s < lab.segments.size(); ++s)
        for (const End& end : lab.segments[s].ends)
            for (unsigned bit = 0; bit < 32; ++bit)
                if ((perhaps[end.node] >> bit & 1) != 0) ++count_[{s, static_cast<Routing>(bit)}];
    for (std::size_t n = 0; n < lab.nodes.size(); ++n) {
        if (speaks(n, Routing::bgp) && lab.nodes[n].asn) systems[*lab.nodes[n].asn].push_back(n);
        if (!speaks(n, Routing::isis)) continue;
        for (const Port& port : ports_of(lab, n)) {
            isis_mixed |= port.ipv4 != port.ipv6;
            isis_mtu = std::min(isis_mtu, port.interface->mtu);
        }
    }
}

bool Speakers::speaks(std::size_t node, Routing protocol) const {
    return (spoken_[node] >> static_cast<unsigned>(protocol) & 1) != 0;
}

bool Speakers::has_peer(std::size_t node, std::size_t interface, Routing protocol) const {
    const std::size_t segment = lab.nodes[node].interfaces[interface].segment;
    const auto found = count_.find({segment, protocol});
    // The node's own ends on that segment are no peers: a second one may be there too.
    unsigned own = 0;
    for (const Interface& other : lab.nodes[node].interfaces) own += other.segment == segment;
    return found != count_.end() && found->second > own;
}

std::vector<Port> ports_of(const Lab& lab, std::size_t node) {
    std::vector<Port> ports;
    const Node& owner = lab.nodes[node];
    for (std::size_t i = 0; i < owner.interfaces.size(); ++i) {
        const Interface& interface = owner.interfaces[i];
        if (interface.segment == npos) continue;
        const Segment& segment = lab.segments[interface.segment];
        if (segment.private_) continue;
        Port port;
        port.index = i;
        port.interface = &interface;
        port.segment = &segment;
        port.ipv6 =
            segment.link_local_only && interface.ipv6 != AddressMode::off && interface.mtu >= 1280;
        for (const Prefix& address : interface.addresses)
            (address.ip.family == Family::ipv4 ? port.ipv4 : port.ipv6) = true;
        port.point_to_point = segment.switches.empty() && segment.ends.size() == 2 &&
                              lab.nodes[segment.ends[0].node].kind == Kind::router &&
                              lab.nodes[segment.ends[1].node].kind == Kind::router;
        ports.push_back(port);
    }
    return ports;
}

bool leads_out(const Lab& lab, std::size_t node, Family family) {
    const Node& self = lab.nodes[node];
    const auto is_way_out = [&](const Route& route) {
        return route.destination.is_default() && route.destination.ip.family == family &&
               route.table == 254 && route.origin == Route::Origin::gateway;
    };
    if (!self.forwards() || std::none_of(self.routes.begin(), self.routes.end(), is_way_out))
        return false;
    return std::any_of(self.interfaces.begin(), self.interfaces.end(),
                       [&](const Interface& interface) {
                           if (interface.segment == npos) return false;
                           const std::vector<End>& ends = lab.segments[interface.segment].ends;
                           return std::any_of(ends.begin(), ends.end(), [&](const End& end) {
                               return lab.nodes[end.node].kind == Kind::nat;
                           });
                       });
}

std::string router_id(const Lab& lab, const Node& node) {
    for (const Prefix& loopback : node.loopbacks)
        if (loopback.ip.family == Family::ipv4) return loopback.ip.text();
    const auto pool = lab.addressing.pools.find("loopbacks");
    Number base = Number{10} << 24 | Number{255} << 16;
    if (pool != lab.addressing.pools.end() && pool->second.ipv4)
        base = first_number(*pool->second.ipv4) + pool->second.start;
    return to_ip(Family::ipv4, base + node.id.value_or(0)).text();
}

const Timers& timers_of(const Node& node, const Interface& interface) {
    return interface.timers ? *interface.timers : node.timers;
}

bool is_passive(const Speakers& speakers, std::size_t node, const Port& port, Routing protocol) {
    if (port.interface->passive) return *port.interface->passive;
    return !speakers.has_peer(node, port.index, protocol);
}

std::uint32_t cost_of(const Interface& interface) {
    return interface.cost.value_or(10);
}

std::string seconds(double value) {
    return std::to_string(std::max(1L, std::lround(std::ceil(value))));
}

void add_service(Node& node, Service service) {
    const bool taken = std::any_of(node.services.begin(), node.services.end(),
                                   [&](const Service& s) { return s.name == service.name; });
    service.generated = true;
    service.where = node.where;
    if (!taken) node.services.push_back(std::move(service));
}

void configure_bird(Node& node) {
    Service bird;
    bird.name = "bird";
    // As Debian's unit does: the directory of its control socket is nobody else's to make.
    bird.argv = {{"/bin/sh", node.where},
                 {"-c", node.where},
                 {"install -d -o bird -g bird -m 0775 /run/bird && "
                  "exec /usr/sbin/bird -f -u bird -g bird",
                  node.where}};
    bird.ready = {Ready::Kind::file, "/run/bird/bird.ctl"};
    add_service(node, std::move(bird));
    for (auto& [path, file] : node.files)
        if (path.rfind("/etc/bird/", 0) == 0 && file.owner == "root" && file.group == "root")
            file.group = "bird";
}

void configure(Lab& lab, Diagnostics& diagnostics) {
    const Speakers speakers(lab);
    for (std::size_t n = 0; n < lab.nodes.size(); ++n) {
        Node& node = lab.nodes[n];
        if (node.kind == Kind::bare || node.kind == Kind::external) continue;
        if (node.is_bridge() && !node.forwards()) continue;
        configure_names(lab, node, diagnostics);
        bool frr = speakers.speaks(n, Routing::frr);
        for (const Routing protocol :
             {Routing::ospf, Routing::isis, Routing::bgp, Routing::rip, Routing::babel})
            frr |= speakers.speaks(n, protocol);
        if (frr) configure_frr(speakers, node, n);
        if (speakers.speaks(n, Routing::bird)) configure_bird(node);
    }
    configure_leases(lab, diagnostics);
}

}  // namespace topology
