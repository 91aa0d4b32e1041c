// eBGP over every network that two systems share, iBGP as a mesh or by reflectors.
#include "topology/bgp_sessions.hpp"

#include <algorithm>

namespace topology {
namespace {

std::optional<Ip> loopback_of(const Node& node, Family family) {
    for (const Prefix& loopback : node.loopbacks)
        if (loopback.ip.family == family) return loopback.ip;
    return std::nullopt;
}

bool speaks_igp(const Speakers& speakers, std::size_t node) {
    return speakers.speaks(node, Routing::ospf) || speakers.speaks(node, Routing::isis) ||
           speakers.speaks(node, Routing::rip) || speakers.speaks(node, Routing::babel);
}

// iBGP between loopbacks needs somebody who carries packets between them.
bool by_loopback(const Speakers& speakers, std::size_t one, std::size_t other, Family family) {
    const auto carried = [&](std::size_t node) {
        return speaks_igp(speakers, node) || speakers.speaks(node, Routing::static_);
    };
    return carried(one) && carried(other) && loopback_of(speakers.lab.nodes[one], family) &&
           loopback_of(speakers.lab.nodes[other], family);
}

// Their address in a network that we are in too.
std::optional<Ip> shared(const Interface& ours, const Interface& theirs, Family family) {
    for (const Prefix& theirs_one : theirs.addresses)
        for (const Prefix& ours_one : ours.addresses)
            if (theirs_one.ip.family == family && ours_one.contains(theirs_one.ip) &&
                !theirs_one.ip.is_link_local())
                return theirs_one.ip;
    return std::nullopt;
}

class Sessions {
  public:
    Sessions(const Speakers& speakers, std::size_t index)
        : speakers_(speakers), lab_(speakers.lab), index_(index), node_(lab_.nodes[index]) {}

    std::vector<BgpSession> run() {
        for (const Port& port : ports_of(lab_, index_)) over_segment(port);
        over_loopbacks();
        return std::move(sessions_);
    }

  private:
    // With a reflector in the system clients speak only to reflectors.
    bool wanted(std::size_t other) const {
        const auto& members = speakers_.systems.at(*node_.asn);
        const bool reflected = std::any_of(members.begin(), members.end(), [&](std::size_t n) {
            return lab_.nodes[n].route_reflector;
        });
        return !reflected || node_.route_reflector || lab_.nodes[other].route_reflector;
    }

    void add(BgpSession session, std::size_t other) {
        session.other = other;
        session.internal = lab_.nodes[other].asn == node_.asn;
        session.client =
            session.internal && node_.route_reflector && !lab_.nodes[other].route_reflector;
        const bool known = std::any_of(sessions_.begin(), sessions_.end(),
                                       [&](const BgpSession& s) { return s.peer == session.peer; });
        if (!known) sessions_.push_back(std::move(session));
    }

    void over_segment(const Port& port) {
        if (port.interface->passive.value_or(false)) return;
        for (const End& end : port.segment->ends) {
            const Node& other = lab_.nodes[end.node];
            if (end.node == index_ || !speakers_.speaks(end.node, Routing::bgp) || !other.asn)
                continue;
            const bool internal = other.asn == node_.asn;
            if (internal && !wanted(end.node)) continue;
            const Interface& theirs = lab_.at(end);
            if (theirs.passive.value_or(false)) continue;
            BgpSession session;
            session.port = port.index;
            if (port.segment->link_local_only) {
                if (internal && (by_loopback(speakers_, index_, end.node, Family::ipv4) ||
                                 by_loopback(speakers_, index_, end.node, Family::ipv6)))
                    continue;
                session.peer = port.interface->name;
                session.unnumbered = session.ipv4 = session.ipv6 = true;
                add(std::move(session), end.node);
                continue;
            }
            for (const Family family : {Family::ipv4, Family::ipv6}) {
                if (internal && by_loopback(speakers_, index_, end.node, family)) continue;
                const auto ip = shared(*port.interface, theirs, family);
                if (!ip) continue;
                session.peer = ip->text();
                session.ipv4 = family == Family::ipv4;
                session.ipv6 = family == Family::ipv6;
                add(session, end.node);
            }
        }
    }

    void over_loopbacks() {
        for (const std::size_t other : speakers_.systems.at(*node_.asn)) {
            if (other == index_ || !wanted(other)) continue;
            for (const Family family : {Family::ipv4, Family::ipv6}) {
                if (!by_loopback(speakers_, index_, other, family)) continue;
                BgpSession session;
                session.peer = loopback_of(lab_.nodes[other], family)->text();
                session.source = loopback_of(node_, family)->text();
                (family == Family::ipv4 ? session.ipv4 : session.ipv6) = true;
                add(std::move(session), other);
            }
        }
    }

    const Speakers& speakers_;
    const Lab& lab_;
    std::size_t index_;
    const Node& node_;
    std::vector<BgpSession> sessions_;
};

}  // namespace

std::vector<BgpSession> bgp_sessions(const Speakers& speakers, std::size_t node) {
    return Sessions(speakers, node).run();
}

std::vector<Prefix> bgp_networks(const Speakers& speakers, std::size_t index, Family family) {
    const Node& node = speakers.lab.nodes[index];
    std::vector<Prefix> nets;
    const auto add = [&](const Prefix& prefix) {
        const Prefix net = prefix.network();
        if (net.ip.family == family && !prefix.ip.is_link_local() &&
            std::find(nets.begin(), nets.end(), net) == nets.end())
            nets.push_back(net);
    };
    for (const std::string& word : node.announce) {
        const bool connected = word == "connected";
        if (connected || word == "loopback")
            for (const Prefix& loopback : node.loopbacks) add(loopback);
        if (connected || word == "lans")
            for (const Port& port : ports_of(speakers.lab, index))
                if (connected || !port.point_to_point)
                    for (const Prefix& address : port.interface->addresses) add(address);
        if (const auto net = Prefix::parse(word)) add(*net);
    }
    return nets;
}

std::vector<BgpMember> bgp_members(const Speakers& speakers, std::size_t index,
                                   const std::vector<BgpSession>& sessions, Family family) {
    std::vector<BgpMember> members;
    const bool border = std::any_of(sessions.begin(), sessions.end(),
                                    [](const BgpSession& s) { return !s.internal; });
    if (!border || !speaks_igp(speakers, index)) return members;
    for (const std::size_t other : speakers.systems.at(*speakers.lab.nodes[index].asn)) {
        const Node& member = speakers.lab.nodes[other];
        const bool told =
            std::any_of(member.announce.begin(), member.announce.end(),
                        [](const auto& w) { return w == "connected" || w == "loopback"; });
        if (other == index || !told || !by_loopback(speakers, index, other, family)) continue;
        Prefix loopback;
        loopback.ip = *loopback_of(member, family);
        loopback.length = family == Family::ipv4 ? 32 : 128;
        members.push_back({other, loopback});
    }
    return members;
}

}  // namespace topology
