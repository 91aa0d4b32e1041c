// Shortest paths for `static` routers: Dijkstra from each, once for both families where they share
// the links. Only static routers are transit; others are leaves whose networks are known. Each VRF
// of a router is a router of its own: there is no path between them.
#include "topology/routing.hpp"
#include "topology/tunnels.hpp"
#include "topology/vrf_keys.hpp"

#include <algorithm>
#include <map>
#include <queue>

namespace topology {
namespace {

constexpr std::uint32_t far = ~std::uint32_t{0};

// What has a routing table: a node, or a VRF of one. Nodes come first, by their own numbers.
struct Tables {
    explicit Tables(const Lab& lab) {
        for (std::size_t n = 0; n < lab.nodes.size(); ++n) list.push_back({n, ""});
        for (std::size_t n = 0; n < lab.nodes.size(); ++n)
            for (const Vrf& vrf : lab.nodes[n].vrfs) {
                numbers[{n, vrf.name}] = list.size();
                list.push_back({n, vrf.name});
            }
    }
    std::size_t of(const Lab& lab, const End& end) const {
        const std::string& vrf = lab.at(end).vrf;
        return vrf.empty() ? end.node : numbers.at({end.node, vrf});
    }

    struct Table {
        std::size_t node;
        std::string vrf;
    };
    std::vector<Table> list;
    std::map<std::pair<std::size_t, std::string>, std::size_t> numbers;
};

// The nets and tables of one family as a graph of two sorts of vertices.
struct Graph {
    // `trusting`: routers of all protocols lead on, for they know each other's networks.
    Graph(const Lab& lab, const Tables& tables, const Neighbours& neighbours,
          bool trusting = false) {
        const std::vector<Net>& nets = neighbours.nets();
        role.resize(tables.list.size(), Role::none);
        for (std::size_t t = 0; t < tables.list.size(); ++t) {
            const Node& node = lab.nodes[tables.list[t].node];
            if (node.forwards())
                role[t] = trusting || speaks(node, Routing::static_) ? Role::transit : Role::leaf;
            else if (tables.list[t].vrf.empty() && !node.loopbacks.empty())
                role[t] = Role::itself;
        }
        edges.resize(tables.list.size());
        members.resize(nets.size());
        for (std::size_t n = 0; n < lab.nodes.size(); ++n)
            for (const Neighbours::Place& place : neighbours.of(n))
                edges[tables.of(lab, {n, place.interface})].push_back(
                    {place, lab.nodes[n].interfaces[place.interface].cost.value_or(10),
                     is_tunnel(lab, nets[place.net])});
        for (std::size_t n = 0; n < nets.size(); ++n)
            for (std::size_t m = 0; m < nets[n].members.size(); ++m) {
                const std::size_t table = tables.of(lab, nets[n].members[m].end);
                if (role[table] != Role::none) members[n].push_back({table, m});
            }
    }

    static bool is_tunnel(const Lab& lab, const Net& net) {
        return !is_cable(lab.links[lab.segments[net.segment].links.front()].kind);
    }

    // `itself`: a node that is reached for its loopback, and nothing behind it.
    enum class Role : std::uint8_t { none, itself, leaf, transit };
    struct Edge {
        Neighbours::Place place;
        std::uint32_t cost;
        bool tunnel;
    };
    struct Member {
        std::size_t node, member;
    };
    std::vector<Role> role;                    // by table
    std::vector<std::vector<Edge>> edges;      // by table
    std::vector<std::vector<Member>> members;  // by net
};

// The same ends in the same nets: then the paths of one family are those of the other.
bool same_shape(const Neighbours& a, const Neighbours& b) {
    return std::equal(a.nets().begin(), a.nets().end(), b.nets().begin(), b.nets().end(),
                      [](const Net& x, const Net& y) {
                          return std::equal(x.members.begin(), x.members.end(), y.members.begin(),
                                            y.members.end(), [](const auto& m, const auto& n) {
                                                return m.end == n.end;
                                            });
                      });
}

struct Label {
    std::uint32_t distance = far, routers = far;
    std::int32_t hops = -1;  // index of a set of first hops; single ones in file order
    bool reached() const { return distance != far; }
};

// All shortest paths from one router. The arrays live as long as the object: a lab of thousands of
// routers must not allocate them thousands of times.
class Paths {
  public:
    explicit Paths(const Graph& graph) : graph_(graph) {}

    void from(std::size_t source, bool ecmp, bool by_tunnels = true) {
        ecmp_ = ecmp;
        by_tunnels_ = by_tunnels;
        nets_.assign(graph_.members.size(), {});
        behind_.assign(graph_.members.size(), {});
        nodes_.assign(graph_.role.size(), {});
        done_.assign(graph_.members.size() + graph_.role.size(), 0);
        attached_.assign(graph_.members.size(), 0);
        sets_.clear();
        known_.clear();
        first_hops_.clear();
        queue_ = {};
        nodes_[source] = {0, 0, -1};
        done_[graph_.members.size() + source] = 1;
        for (const Graph::Edge& edge : graph_.edges[source])
            if (by_tunnels_ || !edge.tunnel) attach(source, edge);
        // Only now: equal costs make larger sets, behind all the single ones.
        for (std::size_t hop = 0, all = first_hops_.size(); hop < all; ++hop)
            offer(first_hops_[hop].node,
                  {first_hops_[hop].cost, 1, static_cast<std::int32_t>(hop)});
        while (!queue_.empty()) {
            const std::uint64_t top = queue_.top();
            queue_.pop();
            const auto vertex = static_cast<std::size_t>(top & 0x7fffffff);
            const bool is_node = (top >> 31 & 1) != 0;
            const std::size_t slot = is_node ? graph_.members.size() + vertex : vertex;
            if (done_[slot] != 0) continue;
            done_[slot] = 1;
            if (is_node)
                leave(vertex);
            else
                cross(vertex);
        }
    }

    bool attached(std::size_t net) const { return attached_[net] != 0; }
    const Label& to_node(std::size_t node) const { return nodes_[node]; }
    Label to_net(std::size_t net) const {
        return better(behind_[net], nets_[net]) ? behind_[net] : nets_[net];
    }
    // A set of first hops, as ids.
    const std::vector<std::int32_t>& set(std::int32_t id) const {
        return sets_[static_cast<std::size_t>(id)];
    }
    struct FirstHop {
        Neighbours::Place place;
        std::size_t member, node;
        std::uint32_t cost;
    };
    const FirstHop& first_hop(std::int32_t id) const {
        return first_hops_[static_cast<std::size_t>(id)];
    }

  private:
    // Fewer routers, then the earlier end in the file, decide between equal costs.
    static bool better(const Label& a, const Label& b) {
        if (a.distance != b.distance) return a.distance < b.distance;
        if (a.routers != b.routers) return a.routers < b.routers;
        return a.hops < b.hops;
    }

    // Nets before nodes of the same distance: a net is left at no cost.
    void push(std::uint32_t distance, bool is_node, std::size_t vertex) {
        queue_.push(std::uint64_t{distance} << 32 | std::uint64_t{is_node} << 31 | vertex);
    }

    void attach(std::size_t source, const Graph::Edge& edge) {
        attached_[edge.place.net] = 1;
        for (const Graph::Member& member : graph_.members[edge.place.net]) {
            if (member.node == source) continue;
            first_hops_.push_back({edge.place, member.member, member.node, edge.cost});
            const auto id = static_cast<std::int32_t>(first_hops_.size() - 1);
            sets_.push_back({id});
            if (ecmp_) known_[sets_.back()] = id;
        }
    }

    void offer(std::size_t node, const Label& label) {
        if (take(nodes_[node], label)) push(label.distance, true, node);
    }

    // True when the label is new or nearer.
    bool take(Label& held, const Label& label) {
        const bool nearer = label.distance < held.distance;
        if (!nearer && label.distance == held.distance && ecmp_) {
            held.hops = unite(held.hops, label.hops);
            held.routers = std::min(held.routers, label.routers);
        } else if (better(label, held)) {
            held = label;
        }
        return nearer;
    }

    std::int32_t unite(std::int32_t a, std::int32_t b) {
        if (a == b) return a;
        std::vector<std::int32_t> both;
        std::set_union(set(a).begin(), set(a).end(), set(b).begin(), set(b).end(),
                       std::back_inserter(both));
        const auto [known, fresh] = known_.emplace(both, static_cast<std::int32_t>(sets_.size()));
        if (fresh) sets_.push_back(std::move(both));
        return known->second;
    }

    void leave(std::size_t node) {
        const Label label = nodes_[node];
        const Graph::Role role = graph_.role[node];
        if (role < Graph::Role::leaf) return;
        for (const Graph::Edge& edge : graph_.edges[node]) {
            const Label next{label.distance + edge.cost, label.routers, label.hops};
            if (done_[edge.place.net] != 0 || (edge.tunnel && !by_tunnels_)) continue;
            if (role == Graph::Role::leaf)
                (void)take(behind_[edge.place.net], next);
            else if (take(nets_[edge.place.net], next))
                push(next.distance, false, edge.place.net);
        }
    }

    void cross(std::size_t net) {
        const Label label = nets_[net];
        for (const Graph::Member& member : graph_.members[net])
            if (done_[graph_.members.size() + member.node] == 0)
                offer(member.node, {label.distance, label.routers + 1, label.hops});
    }

    const Graph& graph_;
    bool ecmp_ = false, by_tunnels_ = true;
    std::vector<Label> nets_, behind_, nodes_;
    std::vector<char> done_, attached_;
    std::vector<std::vector<std::int32_t>> sets_;
    std::map<std::vector<std::int32_t>, std::int32_t> known_;
    std::vector<FirstHop> first_hops_;
    std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> queue_;
};

// What can be reached in one family, and where.
class Goals {
  public:
    Goals(const Lab& lab, const Neighbours& neighbours) : list_(collect(lab, neighbours)) {
        owners_.resize(list_.prefixes().size());
        outer_.assign(owners_.size(), 0);
        for (const Link& link : lab.links)
            for (const End& end : link.ends)
                if (const auto& local = lab.at(end).device.local; local && !is_cable(link.kind))
                    for (std::size_t d = 0; d < outer_.size(); ++d)
                        if (list_.prefixes()[d].contains(*local)) outer_[d] = 1;
        values_.resize(owners_.size());
        each(lab, neighbours, [&](const Prefix& prefix, bool is_node, std::size_t which) {
            const auto& all = list_.prefixes();
            const auto at = std::lower_bound(all.begin(), all.end(), prefix) - all.begin();
            owners_[static_cast<std::size_t>(at)].push_back({is_node, which});
        });
    }

    bool has_outer() const { return std::find(outer_.begin(), outer_.end(), 1) != outer_.end(); }

    // `outside`: the paths without tunnels, for where the ends of tunnels are.
    void routes(const Paths& inside, const Paths& outside, std::size_t source,
                const Neighbours& neighbours, std::vector<Route>& routes) {
        for (std::size_t d = 0; d < owners_.size(); ++d) {
            const Paths& paths = outer_[d] != 0 ? outside : inside;
            Label best;
            bool here = false;
            for (const auto& [is_node, which] : owners_[d]) {
                here |= is_node ? which == source : paths.attached(which);
                const Label label = is_node ? paths.to_node(which) : paths.to_net(which);
                if (label.distance < best.distance) best = label;
            }
            values_[d] = here             ? Destinations::connected
                         : best.reached() ? best.hops + (outer_[d] != 0 ? outside_ids : 0)
                                          : Destinations::unreachable;
        }
        list_.aggregate(values_, [&](const Prefix& prefix, std::int32_t set) {
            Route route;
            route.destination = prefix;
            route.origin = Route::Origin::computed;
            const Paths& paths = set >= outside_ids ? outside : inside;
            for (const std::int32_t id : paths.set(set >= outside_ids ? set - outside_ids : set)) {
                const Paths::FirstHop& first = paths.first_hop(id);
                const Neighbours::Hop hop = neighbours.hop_to(first.place, first.member);
                route.hops.push_back(hop.hop);
                route.onlink |= hop.onlink;
            }
            routes.push_back(std::move(route));
        });
    }

  private:
    template <typename Visit>
    static void each(const Lab& lab, const Neighbours& neighbours, const Visit& visit) {
        for (std::size_t n = 0; n < neighbours.nets().size(); ++n) {
            const Net& net = neighbours.nets()[n];
            if (net.kind == Net::Kind::subnet && !lab.segments[net.segment].private_)
                visit(net.prefix, false, n);
        }
        for (std::size_t n = 0; n < lab.nodes.size(); ++n) {
            if (lab.nodes[n].kind == Kind::nat)
                visit(Prefix{neighbours.family() == Family::ipv4 ? Ip{} : Ip{Family::ipv6, {}}, 0},
                      true, n);
            for (const Prefix& loopback : lab.nodes[n].loopbacks)
                if (loopback.ip.family == neighbours.family()) visit(loopback.network(), true, n);
        }
    }
    static Destinations collect(const Lab& lab, const Neighbours& neighbours) {
        std::vector<Prefix> prefixes;
        each(lab, neighbours,
             [&](const Prefix& prefix, bool, std::size_t) { prefixes.push_back(prefix); });
        return Destinations(std::move(prefixes));
    }

    // Sets of hops of the paths without tunnels are told from the others by their numbers.
    static constexpr std::int32_t outside_ids = 1 << 28;

    Destinations list_;
    std::vector<char> outer_;  // by prefix: some tunnel ends in it
    std::vector<std::vector<std::pair<bool, std::size_t>>> owners_;
    std::vector<std::int32_t> values_;
};

}  // namespace

namespace {

// The graphs of both families and the paths through them.
class Ways {
  public:
    Ways(const Roads& roads, const Tables& tables, bool trusting)
        : roads_(roads),
          tables_(tables),
          v4_(roads.lab, tables, roads.v4, trusting),
          v6_(roads.lab, tables, roads.v6, trusting),
          same_(same_shape(roads.v4, roads.v6)) {}

    bool leads_on(std::size_t table) const { return v4_.role[table] == Graph::Role::transit; }

    std::vector<Route> from(std::size_t table, Goals& goals4, Goals& goals6) {
        const Node& node = roads_.lab.nodes[tables_.list[table].node];
        const bool ecmp = node.ecmp.value_or(false);
        std::vector<Route> routes;
        paths4_.from(table, ecmp);
        // Tunnels run over IPv4: their ends are nowhere else.
        if (goals4.has_outer()) outside4_.from(table, ecmp, false);
        goals4.routes(paths4_, outside4_, table, roads_.v4, routes);
        if (!same_) paths6_.from(table, ecmp);
        const Paths& inside6 = same_ ? paths4_ : paths6_;
        goals6.routes(inside6, inside6, table, roads_.v6, routes);
        for (Route& route : routes) route.table = table_of(node, tables_.list[table].vrf);
        return routes;
    }

  private:
    const Roads& roads_;
    const Tables& tables_;
    const Graph v4_, v6_;
    const bool same_;
    Paths paths4_{v4_}, paths6_{v6_}, outside4_{v4_};
};

}  // namespace

void static_routes(const Roads& roads, const RouteSink& sink, std::size_t every) {
    const Tables tables(roads.lab);
    Ways ways(roads, tables, false);
    // A nat must find back to whomever it has let out, by whichever protocol he was found.
    std::optional<Ways> all_ways;
    Goals goals4(roads.lab, roads.v4), goals6(roads.lab, roads.v6);
    std::size_t passed = 0;
    for (std::size_t t = 0; t < tables.list.size(); ++t) {
        if (!ways.leads_on(t) || passed++ % every != 0) continue;
        const bool nat = roads.lab.nodes[tables.list[t].node].kind == Kind::nat;
        if (nat && !all_ways) all_ways.emplace(roads, tables, true);
        std::vector<Route> routes = (nat ? *all_ways : ways).from(t, goals4, goals6);
        if (!sink(tables.list[t].node, std::move(routes))) return;
    }
}

}  // namespace topology
