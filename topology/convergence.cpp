// Expected too much, `up --wait` ends in a timeout; expected too little, it ends early. So where it
// depends on more than the topology, nothing is expected.
#include "topology/convergence.hpp"

#include "topology/convergence_parts.hpp"
#include "topology/routing.hpp"

#include <algorithm>
#include <numeric>

namespace topology {
namespace {

// Sets of nodes that hear of each other, as a forest of parents.
class Groups {
  public:
    explicit Groups(std::size_t count) : parent_(count) {
        std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    }
    std::size_t of(std::size_t node) {
        while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
        return node;
    }
    void join(std::size_t a, std::size_t b) { parent_[of(a)] = of(b); }

  private:
    std::vector<std::size_t> parent_;
};

constexpr std::array interior{Routing::ospf, Routing::isis, Routing::rip, Routing::babel};

}  // namespace

bool runs(const Speakers& speakers, std::size_t node, Routing protocol) {
    const Node& owner = speakers.lab.nodes[node];
    return owner.forwards() && speakers.speaks(node, protocol) && !brings_frr(owner);
}

Igps::Igps(const Speakers& speakers) : speakers_(speakers) {
    const std::size_t count = speakers.lab.nodes.size();
    for (std::size_t n = 0; n < count; ++n) ports_.push_back(ports_of(speakers.lab, n));
    for (const Routing protocol : interior)
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            Groups groups(count);
            // Neighbours in IPv4 share a network; in IPv6 they use link-local addresses, and the
            // network is the segment. Between two routers zebra takes an address of one host for
            // borrowed, and ospfd and isisd need no common network there.
            const bool borrows = protocol == Routing::ospf || protocol == Routing::isis;
            std::map<std::pair<std::size_t, Prefix>, std::size_t> first;
            const auto meet = [&](std::size_t segment, const Prefix& network, std::size_t node) {
                const auto [there, fresh] = first.emplace(std::pair(segment, network), node);
                if (!fresh) groups.join(there->second, node);
            };
            for (std::size_t n = 0; n < count; ++n) {
                if (!runs(speakers, n, protocol)) continue;
                for (const Port& port : ports_[n]) {
                    const Interface& interface = *port.interface;
                    if (!interface.up || is_passive(speakers, n, port, protocol)) continue;
                    if (family == Family::ipv6 && port.ipv6) meet(interface.segment, {}, n);
                    if (family == Family::ipv6) continue;
                    for (const Prefix& address : interface.addresses)
                        if (address.ip.family == family && !address.is_host())
                            meet(interface.segment, address.network(), n);
                        else if (address.ip.family == family && borrows && port.point_to_point)
                            meet(interface.segment, {}, n);
                }
            }
            Area area{protocol, family, std::vector<std::size_t>(count, npos)};
            for (std::size_t n = 0; n < count; ++n)
                if (runs(speakers, n, protocol)) area.group[n] = groups.of(n);
            areas_.push_back(std::move(area));
        }
}

bool Igps::join(std::size_t one, std::size_t other, Family family) const {
    return std::any_of(areas_.begin(), areas_.end(), [&](const Area& area) {
        return area.family == family && area.group[one] != npos &&
               area.group[one] == area.group[other];
    });
}

void Igps::learn(Learned& learned) const {
    for (const Area& area : areas_) {
        std::map<std::size_t, std::set<Prefix>> told;  // by group
        for (std::size_t n = 0; n < area.group.size(); ++n) {
            if (area.group[n] == npos) continue;
            std::set<Prefix>& list = told[area.group[n]];
            const auto tell = [&](const Prefix& prefix) {
                if (prefix.ip.family == area.family && !prefix.ip.is_link_local())
                    list.insert(prefix.network());
            };
            for (const Prefix& loopback : speakers_.lab.nodes[n].loopbacks) tell(loopback);
            for (const Port& port : ports_[n])
                if (port.interface->up)
                    for (const Prefix& address : port.interface->addresses) tell(address);
        }
        for (std::size_t n = 0; n < area.group.size(); ++n)
            if (area.group[n] != npos)
                learned[n].insert(told[area.group[n]].begin(), told[area.group[n]].end());
    }
}

std::map<std::string, std::vector<Prefix>> expected_routes(const Lab& lab) {
    const Speakers speakers(lab);
    const Igps igps_of_lab(speakers);
    Learned learned;
    igps_of_lab.learn(learned);
    learn_by_bgp(speakers, igps_of_lab, learned);
    std::map<std::string, std::vector<Prefix>> expected;
    for (auto& [n, networks] : learned) {
        const Node& node = lab.nodes[n];
        for (const Prefix& loopback : node.loopbacks) networks.erase(loopback.network());
        for (const Interface& interface : node.interfaces)
            for (const Prefix& address : interface.addresses) networks.erase(address.network());
        expected[node.name].assign(networks.begin(), networks.end());
    }
    return expected;
}

std::vector<std::string> with_own_routing(const Lab& lab) {
    std::vector<std::string> names;
    for (const Node& node : lab.nodes)
        if (node.has_process() && configures_itself(node)) names.push_back(node.name);
    return names;
}

}  // namespace topology
