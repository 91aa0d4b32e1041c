#include "topology/unlike_ends.hpp"

#include "topology/ends.hpp"
#include "topology/learned.hpp"
#include "topology/routing.hpp"

#include <algorithm>

namespace topology {
namespace {

using Written = std::pair<Prefix, Where>;

// Of one family, but those that need no network of the other end.
std::vector<Written> written_of(const Interface& interface, Family family) {
    std::vector<Written> out;
    for (const Written& one : interface.explicit_addresses)
        if (one.first.ip.family == family && !one.first.ip.is_link_local()) out.push_back(one);
    return out;
}

// A route that says the interface knows better.
bool is_routed_by_hand(const Node& node, const Interface& interface) {
    const std::string dev = "dev " + interface.name;
    return std::any_of(node.route_lines.begin(), node.route_lines.end(),
                       [&](const Text& line) { return line.text.find(dev) != std::string::npos; });
}

// D82
void networks_differ(const Lab& lab, Family family, Diagnostics& diagnostics) {
    for (const Segment& segment : lab.segments) {
        if (segment.ends.size() != 2) continue;
        const End &a = segment.ends[0], &b = segment.ends[1];
        const auto left = written_of(lab.at(a), family), right = written_of(lab.at(b), family);
        if (left.empty() || right.empty()) continue;
        const auto alone = [](const Written& one) {
            return one.first.length == one.first.ip.bits();
        };
        if (std::any_of(left.begin(), left.end(), alone) ||
            std::any_of(right.begin(), right.end(), alone))
            continue;
        const bool shared = std::any_of(left.begin(), left.end(), [&](const Written& one) {
            return std::any_of(right.begin(), right.end(), [&](const Written& other) {
                return one.first.network() == other.first.network();
            });
        });
        if (shared || is_routed_by_hand(lab.nodes[a.node], lab.at(a)) ||
            is_routed_by_hand(lab.nodes[b.node], lab.at(b)))
            continue;
        const Prefix &one = left[0].first, &other = right[0].first;
        const bool length = one.contains(other.ip);
        Prefix better = other;
        better.length = one.length;
        diagnostics.warning(
            "D82", right[0].second,
            end_name(lab, a) + " is in " + one.network().text() + " and " + end_name(lab, b) +
                " in " + other.network().text() + ", on one link: they do not reach each other",
            length ? "the same length at both: " + better.text()
                   : "an address of " + one.network().text() + " at " + lab.nodes[b.node].name);
    }
}

bool shares_network(const Interface& one, const Interface& other, Family family) {
    return std::any_of(one.addresses.begin(), one.addresses.end(), [&](const Prefix& a) {
        return a.ip.family == family && !a.ip.is_link_local() &&
               std::any_of(other.addresses.begin(), other.addresses.end(),
                           [&](const Prefix& b) { return a.network() == b.network(); });
    });
}

// Whoever may hold or get addresses that the file does not tell of.
bool is_open(const Lab& lab, const End& end, Family family) {
    const Interface& interface = lab.at(end);
    const Kind kind = lab.nodes[end.node].kind;
    const auto written = written_of(interface, family);
    return learns(interface, family) || kind == Kind::nat || kind == Kind::external ||
           is_routed_by_hand(lab.nodes[end.node], interface) ||
           std::any_of(written.begin(), written.end(),
                       [](const Written& one) { return one.first.length == one.first.ip.bits(); });
}

// D82 on a LAN: one host in a network of its own, while others share theirs. Of several such, or of
// a router, nobody can say what is meant.
void alone_on_a_lan(const Lab& lab, Family family, Diagnostics& diagnostics) {
    for (const Segment& segment : lab.segments) {
        if (segment.ends.size() < 3 ||
            std::any_of(segment.ends.begin(), segment.ends.end(),
                        [&](const End& end) { return is_open(lab, end, family); }))
            continue;
        std::vector<const End*> alone, together;
        for (const End& end : segment.ends) {
            if (written_of(lab.at(end), family).empty()) continue;
            const bool shared =
                std::any_of(segment.ends.begin(), segment.ends.end(), [&](const End& other) {
                    return &other != &end && shares_network(lab.at(end), lab.at(other), family);
                });
            (shared ? together : alone).push_back(&end);
        }
        if (alone.size() != 1 || together.size() < 2) continue;
        const Node& node = lab.nodes[alone.front()->node];
        if (node.kind != Kind::host || node.forwards()) continue;
        const Written one = written_of(lab.at(*alone.front()), family).front();
        const Prefix other = written_of(lab.at(*together.front()), family).front().first;
        Prefix better = one.first;
        better.length = other.length;
        diagnostics.warning("D82", one.second,
                            end_name(lab, *alone.front()) + " is in " + one.first.network().text() +
                                ", alone on its LAN; " + end_name(lab, *together.front()) +
                                " is in " + other.network().text() +
                                ": they do not reach each other",
                            other.contains(one.first.ip)
                                ? "the same length at all: " + better.text()
                                : "an address of " + other.network().text() + " at " + node.name);
    }
}

// Who speaks OSPF on a segment by what labd writes.
struct Talker {
    const Node* node;
    const Interface* interface;
};

std::string timers_text(const Talker& talker) {
    const Timers& timers = timers_of(*talker.node, *talker.interface);
    // ospfd's own.
    if (timers.standard) return "10 s and 40 s";
    return seconds(timers.hello) + " s and " + seconds(timers.dead) + " s";
}

bool tells_itself(const Talker& talker, const char* word) {
    return talker.node->frr.text.find(word) != std::string::npos;
}

// D83: neighbours that would not be, for RFC 2328 has them drop each other's packets.
void check_talkers(const Lab& lab, const Segment& segment, const std::vector<Talker>& talkers,
                   Diagnostics& diagnostics) {
    const Talker& first = talkers.front();
    const Link& link = lab.links[segment.links.front()];
    for (const Talker& other : talkers) {
        if (tells_itself(first, "interval") || tells_itself(other, "interval")) break;
        if (timers_text(first) == timers_text(other)) continue;
        diagnostics.warning("D83", link.where,
                            "OSPF needs the same timers at all ends of " + link.name +
                                ", hello and dead: " + first.node->name + " has " +
                                timers_text(first) + ", " + other.node->name + " has " +
                                timers_text(other),
                            "timers = … on the link");
        break;
    }
    for (const Talker& other : talkers) {
        if (tells_itself(first, "mtu") || tells_itself(other, "mtu")) break;
        if (first.interface->mtu == other.interface->mtu) continue;
        diagnostics.warning("D83", link.where,
                            "OSPF needs the same MTU at all ends of " + link.name + ": " +
                                first.node->name + " has " + std::to_string(first.interface->mtu) +
                                ", " + other.node->name + " has " +
                                std::to_string(other.interface->mtu),
                            "mtu = … on the link");
        break;
    }
}

void ospf_differs(const Speakers& speakers, Diagnostics& diagnostics) {
    const Lab& lab = speakers.lab;
    std::map<const Segment*, std::vector<Talker>> talkers;
    for (std::size_t n = 0; n < lab.nodes.size(); ++n) {
        if (!speakers.speaks(n, Routing::ospf) || configures_itself(lab.nodes[n])) continue;
        for (const Port& port : ports_of(lab, n))
            if (!is_passive(speakers, n, port, Routing::ospf))
                talkers[port.segment].push_back({&lab.nodes[n], port.interface});
    }
    for (const Segment& segment : lab.segments)
        if (const auto found = talkers.find(&segment); found != talkers.end())
            check_talkers(lab, segment, found->second, diagnostics);
}

// D84
void bgp_with_nobody(const Speakers& speakers, Diagnostics& diagnostics) {
    for (std::size_t n = 0; n < speakers.lab.nodes.size(); ++n) {
        const Node& node = speakers.lab.nodes[n];
        if (!speakers.speaks(n, Routing::bgp) || configures_itself(node)) continue;
        // Lines of its own may name any neighbour.
        if (!node.asn || !node.frr.text.empty()) continue;
        const auto system = speakers.systems.find(*node.asn);
        bool lonely = system == speakers.systems.end() || system->second.size() < 2;
        for (std::size_t i = 0; lonely && i < node.interfaces.size(); ++i)
            lonely = !speakers.has_peer(n, i, Routing::bgp);
        if (lonely)
            diagnostics.warning("D84", node.where,
                                node.name + " speaks bgp, and has no neighbour that does",
                                "routing = \"bgp\" and an asn on a router that it is linked with");
    }
}

}  // namespace

void warn_of_unlike_ends(const Speakers& speakers, Diagnostics& diagnostics) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        networks_differ(speakers.lab, family, diagnostics);
        alone_on_a_lan(speakers.lab, family, diagnostics);
    }
    ospf_differs(speakers, diagnostics);
    bgp_with_nobody(speakers, diagnostics);
}

}  // namespace topology
