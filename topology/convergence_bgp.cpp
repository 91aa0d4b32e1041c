// What BGP brings, by doing what bgpd does: from router to router the shortest path goes on, a
// system refuses what has passed it, and iBGP does not pass on what iBGP brought.
#include "topology/bgp_sessions.hpp"
#include "topology/convergence_parts.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

namespace topology {
namespace {

struct Path {
    std::size_t length = 0;  // of the AS path; 0: of our own system
    bool internal = false;   // by iBGP
    bool from_client = false;
    std::size_t reflections = 0;
    std::size_t exit = npos;            // who told iBGP: the next hop is his
    std::set<std::uint32_t> systems{};  // on it or on another of this length
    bool operator==(const Path&) const = default;
};
using Paths = std::vector<std::optional<Path>>;  // by node

struct Peer {
    std::size_t node = 0;
    bool internal = false, by_loopback = false;
    auto operator<=>(const Peer&) const = default;
};

class Propagation {
  public:
    Propagation(const Speakers& speakers, const Igps& igps)
        : speakers_(speakers), lab_(speakers.lab), igps_(igps), sessions_(lab_.nodes.size()) {
        for (std::size_t n = 0; n < lab_.nodes.size(); ++n)
            if (runs(speakers, n, Routing::bgp) && lab_.nodes[n].asn)
                sessions_[n] = bgp_sessions(speakers, n);
    }

    void learn(Family family, Learned& learned) {
        // What the same routers tell goes the same way. A loopback is told by itself: see `offer`.
        using Origin = std::pair<std::size_t, std::vector<std::size_t>>;
        std::map<Prefix, std::set<std::size_t>> tellers;
        std::map<Prefix, std::size_t> loopbacks;
        meet(family);
        for (std::size_t n = 0; n < lab_.nodes.size(); ++n) {
            if (!runs(speakers_, n, Routing::bgp) || !lab_.nodes[n].asn) continue;
            learned.try_emplace(n);
            for (const Prefix& loopback : lab_.nodes[n].loopbacks)
                loopbacks.emplace(loopback.network(), n);
            for (const Prefix& net : bgp_networks(speakers_, n, family)) tellers[net].insert(n);
            for (const BgpMember& member : bgp_members(speakers_, n, sessions_[n], family))
                if (igps_.join(n, member.node, family)) tellers[member.loopback].insert(n);
        }
        std::map<Origin, std::vector<Prefix>> alike;
        for (const auto& [net, nodes] : tellers) {
            const auto owner = loopbacks.find(net);
            alike[{owner == loopbacks.end() ? npos : owner->second, {nodes.begin(), nodes.end()}}]
                .push_back(net);
        }
        for (const auto& [origin, nets] : alike) {
            const Paths paths = spread(origin.first, origin.second, family);
            for (std::size_t n = 0; n < paths.size(); ++n)
                if (paths[n]) learned[n].insert(nets.begin(), nets.end());
        }
    }

  private:
    bool opens(std::size_t from, const Peer& peer, Family family) const {
        const auto& own = sessions_[from];
        return std::any_of(own.begin(), own.end(), [&](const BgpSession& s) {
            if (s.other != peer.node || !s.carries(family) ||
                s.port.has_value() == peer.by_loopback)
                return false;
            if (s.port) return lab_.nodes[from].interfaces[*s.port].up;
            const bool both_static = speakers_.speaks(from, Routing::static_) &&
                                     speakers_.speaks(peer.node, Routing::static_);
            return both_static || igps_.join(from, peer.node, family);
        });
    }

    // Sessions come up when both ends want them.
    void meet(Family family) {
        peers_.assign(lab_.nodes.size(), {});
        for (std::size_t n = 0; n < sessions_.size(); ++n) {
            std::set<Peer> found;
            for (const BgpSession& session : sessions_[n]) {
                const bool by_loopback = !session.port;
                const Peer there{session.other, session.internal, by_loopback};
                const Peer here{n, session.internal, by_loopback};
                if (opens(n, there, family) && opens(session.other, here, family))
                    found.insert(there);
            }
            peers_[n].assign(found.begin(), found.end());
        }
    }

    bool is_client(std::size_t of, std::size_t node) const {
        return lab_.nodes[of].route_reflector && !lab_.nodes[node].route_reflector;
    }

    // What `node` takes of a peer's path.
    std::optional<Path> offer(std::size_t node, const Peer& peer, const Path& theirs,
                              std::size_t loopback_of, Family family) const {
        Path path = theirs;
        if (!peer.internal) {
            if (path.systems.contains(*lab_.nodes[node].asn)) return std::nullopt;
            const std::uint32_t system = *lab_.nodes[peer.node].asn;
            // A system of one router has refused nothing that it would not have had already.
            if (speakers_.systems.at(system).size() > 1) path.systems.insert(system);
            ++path.length;
            path.internal = path.from_client = false;
            path.reflections = 0;
            path.exit = npos;
            return path;
        }
        const bool reflected = theirs.internal;
        if (reflected) {
            const bool goes_on = lab_.nodes[peer.node].route_reflector &&
                                 (theirs.from_client || is_client(peer.node, node));
            // The next hop stays what it was (FRR's next-hop-self spares what is reflected).
            if (!goes_on || theirs.exit == node || !igps_.join(theirs.exit, node, family))
                return std::nullopt;
            ++path.reflections;
        } else {
            path.exit = peer.node;
        }
        // 10.255.0.1/32 by way of 10.255.0.1: bgpd does not use it.
        if (path.exit == loopback_of && (peer.by_loopback || reflected)) return std::nullopt;
        path.internal = true;
        path.from_client = is_client(node, peer.node);
        return path;
    }

    std::optional<Path> best(std::size_t node, const Paths& paths, std::size_t loopback_of,
                             Family family) const {
        std::optional<Path> chosen;
        for (const Peer& peer : peers_[node]) {
            if (!paths[peer.node]) continue;
            const auto path = offer(node, peer, *paths[peer.node], loopback_of, family);
            if (!path) continue;
            const auto rank = [](const Path& p) {
                return std::tuple(p.length, p.internal, p.reflections);
            };
            if (!chosen || rank(*path) < rank(*chosen))
                chosen = path;
            else if (rank(*path) == rank(*chosen))
                // Which of them goes on is up to router ids and ages: any may.
                chosen->systems.insert(path->systems.begin(), path->systems.end());
        }
        return chosen;
    }

    Paths spread(std::size_t loopback_of, const std::vector<std::size_t>& tellers,
                 Family family) const {
        Paths paths(lab_.nodes.size());
        std::set<std::size_t> due;
        const auto changed = [&](std::size_t node) {
            for (const Peer& peer : peers_[node]) due.insert(peer.node);
        };
        for (const std::size_t teller : tellers) {
            paths[teller] = Path{};
            changed(teller);
        }
        for (std::size_t round = 0; !due.empty(); ++round) {
            // Policies that never agree would go round for ever: then nobody knows.
            if (round > 2 * paths.size() + 8) return Paths(paths.size());
            std::vector<std::pair<std::size_t, std::optional<Path>>> fresh;
            for (const std::size_t node : due) {
                if (std::find(tellers.begin(), tellers.end(), node) != tellers.end()) continue;
                auto path = best(node, paths, loopback_of, family);
                if (path != paths[node]) fresh.emplace_back(node, std::move(path));
            }
            due.clear();
            for (auto& [node, path] : fresh) {
                paths[node] = std::move(path);
                changed(node);
            }
        }
        for (const std::size_t teller : tellers) paths[teller].reset();
        return paths;
    }

    const Speakers& speakers_;
    const Lab& lab_;
    const Igps& igps_;
    std::vector<std::vector<BgpSession>> sessions_;  // by node
    std::vector<std::vector<Peer>> peers_;           // by node, of one family
};

}  // namespace

void learn_by_bgp(const Speakers& speakers, const Igps& igps, Learned& learned) {
    Propagation propagation(speakers, igps);
    for (const Family family : {Family::ipv4, Family::ipv6}) propagation.learn(family, learned);
}

}  // namespace topology
