// Packets: wires, the ends of the way, and what no lookup shows.
#include "labd/check/explainer.hpp"
#include "labd/check/subjects.hpp"
#include "topology/stages.hpp"

#include <arpa/inet.h>
#include <linux/neighbour.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <sstream>

namespace labd::check {
namespace {

constexpr std::size_t most_facts = 12;

struct OpenPort {
    unsigned port = 0;
    topology::Ip at;
    bool any = false;  // all addresses of its family
};

// "0100007F" is 127.0.0.1: words of 32 bits, each the other way round.
std::optional<topology::Ip> address_of(const std::string& hex) {
    if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
    std::array<unsigned char, 16> bytes{};
    for (std::size_t i = 0; i * 2 < hex.size(); ++i)
        bytes[(i / 4) * 4 + (3 - i % 4)] =
            static_cast<unsigned char>(std::strtoul(hex.substr(i * 2, 2).c_str(), nullptr, 16));
    const bool mapped = hex.starts_with("0000000000000000FFFF0000");
    char text[INET6_ADDRSTRLEN] = "";
    const bool six = hex.size() == 32 && !mapped;
    (void)::inet_ntop(six ? AF_INET6 : AF_INET, bytes.data() + (mapped ? 12 : 0), text,
                      sizeof text);
    return topology::Ip::parse(text);
}

// A listening port of /proc/net/tcp or udp: "… 00000000:0050 00000000:0000 0A …".
std::vector<OpenPort> open_ports(const std::string& table, bool udp) {
    std::vector<OpenPort> out;
    std::istringstream in(table);
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string slot, local, remote, state;
        if (!(words >> slot >> local >> remote >> state)) continue;
        const std::size_t colon = local.rfind(':');
        if (colon == std::string::npos || (!udp && state != "0A")) continue;
        const auto at = address_of(local.substr(0, colon));
        if (!at) continue;
        const bool any = local.find_first_not_of('0') == colon;
        out.push_back({static_cast<unsigned>(std::strtoul(local.c_str() + colon + 1, nullptr, 16)),
                       *at, any});
    }
    return out;
}

// A socket of IPv6 takes IPv4 as well, unless it was told not to.
bool takes(const OpenPort& open, const topology::Ip& to) {
    return open.at == to ||
           (open.any && (open.at.family == to.family || open.at.family == topology::Family::ipv6));
}

std::string neighbor_state(std::uint16_t state) {
    if ((state & NUD_PERMANENT) != 0) return "PERMANENT";
    if ((state & NUD_REACHABLE) != 0) return "REACHABLE";
    if ((state & NUD_FAILED) != 0) return "FAILED";
    if ((state & NUD_INCOMPLETE) != 0) return "INCOMPLETE";
    return (state & NUD_STALE) != 0 ? "STALE" : "DELAY";
}

}  // namespace

const topology::Interface* Explainer::interface_of(const std::string& node,
                                                   const std::string& dev) const {
    const topology::Node* found = lab_.find(node);
    if (found == nullptr) return nullptr;
    for (const topology::Interface& interface : found->interfaces)
        if (interface.name == dev) return &interface;
    return nullptr;
}

bool Explainer::bad_wire(const Way& way, const Stop& stop, const std::string& prefix) {
    const topology::Interface* interface = interface_of(stop.node, stop.out);
    if (interface == nullptr) {
        if (stop.out.empty() || stop.out == "lo") return false;
        cause("wrong next hop: " + route_words(stop, way.to));
        return dies(stop.node, prefix, "it sends by " + stop.out + ", which is no link of the lab");
    }
    if (no_carrier(stop, *interface, prefix)) return true;
    if (stop.next.size() > 1) {
        std::string nodes;
        for (const std::string& node : stop.next) nodes += (nodes.empty() ? "" : " and ") + node;
        cause("duplicate address: " + stop.via.value_or(way.to).text() + " is on " + nodes);
    }
    const topology::Ip wanted = stop.via.value_or(way.to);
    if (stop.next.empty()) return nobody_there(way, stop, *interface, prefix);
    for (const Reading::Neighbor& n : reading(stop.node).neighbors) {
        if (n.ip != wanted || n.dev != stop.out) continue;
        const topology::Node* next = lab_.find(stop.next.front());
        const bool wrong_mac = (n.state & NUD_PERMANENT) != 0 && next != nullptr &&
                               std::none_of(next->interfaces.begin(), next->interfaces.end(),
                                            [&](const auto& i) { return i.mac.text() == n.mac; });
        if (wrong_mac) {
            cause("wrong neighbour entry: " + stop.node + " has " + wanted.text() + " at " + n.mac +
                  " for ever, which is not " + stop.next.front() + "'s");
            return dies(stop.node, prefix, "it sends to a MAC address that nobody has");
        }
    }
    return false;
}

bool Explainer::no_carrier(const Stop& stop, const topology::Interface& interface,
                           const std::string& prefix) {
    const Reading::Link* link = reading(stop.node).link(stop.out);
    if (link == nullptr || (link->up && link->carrier)) return false;
    bool own_fault = false;
    if (interface.link < lab_.links.size())
        for (const topology::End& end : lab_.links[interface.link].ends) {
            const std::string& other = lab_.nodes[end.node].name;
            if (other == stop.node) continue;
            own_fault = own_fault || e_.broke_node(other);
            const Reading::Link* its = reading(other).link(lab_.at(end).name);
            if (its == nullptr || !its->up) down(other, lab_.at(end));
        }
    if (out_.causes.empty() && !own_fault) down(stop.node, interface);
    return dies(stop.node, prefix, stop.out + (link->up ? " has no carrier" : " is down"));
}

// Nobody on the wire has the next address: a wrong next hop, an address that is missing, or a
// prefix that reaches too far.
bool Explainer::nobody_there(const Way& way, const Stop& stop, const topology::Interface& interface,
                             const std::string& prefix) {
    const topology::Ip wanted = stop.via.value_or(way.to);
    const std::string link =
        interface.link < lab_.links.size() ? lab_.links[interface.link].name : stop.out;
    dies(stop.node, prefix, "nobody on " + link + " answers for " + wanted.text());
    for (const std::string& owner : owners_.of(wanted)) {
        const topology::Node* node = lab_.find(owner);
        bool on_wire = false, gone = false;
        for (const topology::Interface& its : node->interfaces) {
            if (its.segment != interface.segment) continue;
            on_wire = true;
            const Reading::Link* state = reading(owner).link(its.name);
            if (state == nullptr && e_.readings.contains(owner) && !e_.resting.contains(owner))
                cause(owner + " has no interface " + its.name + " any more"), gone = true;
            else if (e_.resting.contains(owner) || (state != nullptr && !state->up))
                down(owner, its), gone = true;
            else
                gone = missing_addresses(owner, its, wanted.family) || gone;
        }
        if (gone) return true;
        if (!on_wire && !stop.via) {
            for (const Reading::Address& a : reading(stop.node).addresses)
                if (a.dev == stop.out && a.prefix.contains(wanted))
                    cause("wrong prefix length: " + stop.node + "'s " + stop.out + " has " +
                          a.prefix.text() + ", so it looks for " + wanted.text() + " (" + owner +
                          ") on its own wire");
            if (out_.causes.empty()) cause("wrong next hop: " + route_words(stop, way.to));
            return true;
        }
    }
    if (stop.via) cause("wrong next hop: " + route_words(stop, way.to));
    if (interface.segment < lab_.segments.size())
        for (const topology::End& end : lab_.segments[interface.segment].ends) {
            const std::string& other = lab_.nodes[end.node].name;
            if (other != stop.node) missing_addresses(other, lab_.at(end), wanted.family);
        }
    if (out_.causes.empty()) cause(wanted.text() + " is nobody's address");
    return true;
}

// The packets arrive: does somebody listen there?
bool Explainer::at_the_end() {
    if (!e_.there.arrived) return false;
    const std::string& node = e_.there.stops.back().node;
    const topology::Node* wished = lab_.find(e_.flow->to);
    if (wished != nullptr && wished->name != node) {
        cause("duplicate address: " + e_.flow->address + " is on " + wished->name + " and on " +
              node);
        return dies(node, "", "it takes packets to " + wished->name + " for its own");
    }
    if (e_.flow->port == 0) {
        const bool six = e_.there.to.family == topology::Family::ipv6;
        if (word(node, six ? "ignore6" : "ignore") != "1") return false;
        cause(std::string("it ignores echo requests (") +
              (six ? "net.ipv6.icmp.echo_ignore_all" : "net.ipv4.icmp_echo_ignore_all") + " = 1)");
        return dies(node, "", "the request arrives, and is not answered");
    }
    const char* protocol = e_.flow->udp ? "udp" : "tcp";
    const std::string table = all(node, protocol);
    if (table.empty()) return false;
    const std::string port = std::string(protocol) + " port " + std::to_string(e_.flow->port);
    std::set<unsigned> ports;
    std::string elsewhere;
    for (const OpenPort& open : open_ports(table, e_.flow->udp)) {
        ports.insert(open.port);
        if (open.port != e_.flow->port) continue;
        if (takes(open, e_.there.to)) return false;
        elsewhere += (elsewhere.empty() ? "" : ", ") + open.at.text();
    }
    if (!elsewhere.empty()) {
        cause("the service at " + node + " listens on " + elsewhere + " only (" + port +
              "), not on " + e_.there.to.text());
        return dies(node, "", "the packet arrives, and nobody takes it");
    }
    std::string others;
    for (const unsigned one : ports) others += (others.empty() ? "" : ", ") + std::to_string(one);
    cause("service not running: nothing at " + node + " listens on " + port +
          (others.empty() ? "" : " (only on " + one_line(others, 60) + ")"));
    return dies(node, "", "the packet arrives, and nobody takes it");
}

// Lookups show no fault: the first node on the way whose counters stand still has it.
void Explainer::counted() {
    if (!e_.there.arrived || !e_.back.arrived || e_.sent == 0) return;
    if (dropped_by_rule()) return;
    unequal_ends(e_.there);
    const auto stands = [&](const std::map<std::string, double>& counter, const std::string& node,
                            double wanted) {
        const auto at = counter.find(node);
        return at != counter.end() && at->second < wanted;
    };
    // A kernel counts a packet as forwarded before its firewall has seen it (6.18): when nothing is
    // suspicious where the counter stands still, but before it, it is there.
    const auto at = [&](const Stop* before, const std::string& node, const std::string& prefix,
                        const std::string& why) {
        if (before != nullptr && impaired(*before, true)) {
            dies(before->node, prefix, "what it sends by " + before->out + " is lost on the link");
            return;
        }
        if (before != nullptr && bad_ports(*before)) {
            dies(before->node, prefix, "what it sends by " + before->out + " never comes out");
            return;
        }
        const std::size_t known = out_.causes.size();
        suspects(node);
        if (out_.causes.size() == known && before != nullptr) {
            suspects(before->node);
            if (out_.causes.size() > known) {
                dies(before->node, prefix, "what it sends by " + before->out + " never comes out");
                return;
            }
        }
        if (out_.causes.size() > known || !lossy()) dies(node, prefix, why);
        translated();
    };
    const std::vector<Stop>& there = e_.there.stops;
    for (std::size_t i = 1; i + 1 < there.size(); ++i)
        if (stands(e_.forwarded, there[i].node, e_.sent))
            return at(&there[i - 1], there[i].node, "",
                      "it has not forwarded what came in by " + there[i].in);
    const std::string& end = there.back().node;
    if (stands(e_.heard, end, e_.sent) && too_long(e_.there)) return;
    if (stands(e_.heard, end, e_.sent))
        return at(there.size() > 1 ? &there[there.size() - 2] : nullptr, end, "",
                  "what was sent to it has not come in");
    if (e_.flow->udp && unanswered(end)) return;
    const std::vector<Stop>& back = e_.back.stops;
    for (std::size_t i = 1; i + 1 < back.size(); ++i)
        if (stands(e_.forwarded, back[i].node, 2 * e_.sent))
            return at(&back[i - 1], back[i].node, "the reply ",
                      "it has not forwarded what came in by " + back[i].in);
    suspects(end);
    suspects(there.front().node);
    if (out_.causes.empty() && e_.flow->connected) return speechless(end);
    for (const Way* way : {&e_.back, &e_.there})
        for (const Stop& stop : way->stops)
            if (bad_ports(stop)) {
                dies(stop.node, way == &e_.back ? "the reply " : "",
                     "what it sends by " + stop.out + " never comes out");
                return;
            }
    if (!out_.causes.empty()) dies(end, "", "the request arrives, and no reply comes back");
    // All of this came through; not all of what was asked before need have.
    if (out_.causes.empty() && !lossy() && !e_.flow->answered && !e_.fault &&
        word(there.front().node, "answered") == "yes")
        cause(
            "it came late, or some are lost: sent once more when the time was up, packets were "
            "answered");
}

bool Explainer::lossy() {
    for (const Way* way : {&e_.there, &e_.back})
        for (const Stop& stop : way->stops)
            if (impaired(stop, false))
                return dies(stop.node, way == &e_.back ? "the reply " : "",
                            "some of what it sends by " + stop.out + " is lost on the link");
    return false;
}

bool Explainer::impaired(const Stop& stop, bool nearly_all) {
    const topology::Interface* interface = interface_of(stop.node, stop.out);
    if (interface == nullptr) return false;
    const topology::Impairment& impairment = interface->impairment;
    if (!impairment.loss && !impairment.corrupt) return false;
    const bool random = impairment.loss && impairment.loss->model == topology::Loss::Model::random;
    const double share =
        std::max(random ? impairment.loss->share.fraction() : 0, impairment.corrupt.fraction());
    if (nearly_all && share < 0.5) return false;
    std::string words;
    for (const auto& [key, value] : topology::impairment_words(impairment))
        if (key == "loss" || key == "corrupt")
            words += (words.empty() ? "" : ", ") + key + " " + value;
    if (interface->link >= lab_.links.size() || !e_.broke_link(lab_.links[interface->link].name))
        cause("an impairment of what " + stop.node + "'s " + stop.out + " sends: " + words);
    return true;
}

void Explainer::facts() {
    const Reading& here = reading(out_.node);
    const auto add = [&](std::string text) {
        if (out_.facts.size() < most_facts) out_.facts.push_back(std::move(text));
    };
    const topology::Family family = e_.there.to.family;
    std::size_t left = 0;
    for (const Reading::Route& route : here.routes) {
        if (route.table != 254 || route.destination.ip.family != family) continue;
        std::string hops;
        for (const Reading::Hop& hop : route.hops)
            hops +=
                (hop.via ? " via " + owners_.name(*hop.via) : std::string()) + " dev " + hop.dev;
        if (out_.facts.size() < 8)
            add(out_.node + " route " +
                (route.destination.is_default() ? "default" : route.destination.text()) +
                (hops.empty() ? " blackhole" : hops) + " proto " + protocol_name(route.protocol));
        else
            ++left;
    }
    if (left > 0) add("and " + std::to_string(left) + " more routes");
    for (const Reading::Neighbor& n : here.neighbors)
        if (n.ip.family == family && (n.state & NUD_NOARP) == 0 && !n.ip.is_multicast())
            add(out_.node + " neighbour " + n.ip.text() + " (" + owners_.name(n.ip) + ") dev " +
                n.dev + " " + neighbor_state(n.state));
}

}  // namespace labd::check
