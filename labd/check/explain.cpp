// Packets: where on their way they die, and what is wrong there.
#include "labd/check/explainer.hpp"
#include "labd/check/subjects.hpp"

#include <algorithm>
#include <cerrno>
#include <sstream>

namespace labd::check {
namespace {

constexpr std::uint32_t main_table_of_routes = 254;

// In the main table, or with `all` in any but that of a node's own addresses.
const Reading::Route* best_route(const Reading& reading, const topology::Ip& to, bool all = false) {
    constexpr std::uint32_t own_addresses = 255;
    const Reading::Route* best = nullptr;
    for (const Reading::Route& route : reading.routes)
        if ((all ? route.table != own_addresses : route.table == main_table_of_routes) &&
            route.destination.ip.family == to.family && route.destination.contains(to) &&
            (best == nullptr || route.destination.length > best->destination.length))
            best = &route;
    return best;
}

}  // namespace

Diagnosis Explainer::run() {
    if (!e_.flow) return {};
    if (e_.flow->slow)
        slow();
    else if (e_.flow->wanted_bits > 0)
        narrow();
    else if (!dies_on(e_.there, "") && !at_the_end() && !dies_on(e_.back, "the reply "))
        counted();
    if (e_.fault && out_.causes.empty()) cause(not_around(*e_.fault, lab_));
    if (!out_.node.empty()) facts();
    return std::move(out_);
}

const Reading& Explainer::reading(const std::string& node) const {
    static const Reading none;
    const auto at = e_.readings.find(node);
    return at == e_.readings.end() ? none : at->second;
}

std::string Explainer::all(const std::string& node, const std::string& section) const {
    const auto at = e_.inside.find(node);
    if (at == e_.inside.end()) return "";
    const auto found = at->second.find(section);
    return found == at->second.end() ? "" : found->second;
}

std::string Explainer::word(const std::string& node, const std::string& section) const {
    return one_line(all(node, section), 200);
}

bool Explainer::dies(const std::string& node, const std::string& prefix, const std::string& why) {
    out_.node = node;
    out_.where = prefix + "died at " + node + ": " + why;
    return true;
}
void Explainer::cause(std::string text) {
    if (std::find(out_.causes.begin(), out_.causes.end(), text) == out_.causes.end())
        out_.causes.push_back(std::move(text));
}

bool Explainer::rests(const std::string& node) {
    const auto at = e_.resting.find(node);
    if (at == e_.resting.end()) return false;
    if (!e_.broke_node(node)) cause(node + " " + at->second);
    return true;
}

void Explainer::down(const std::string& node, const topology::Interface& interface) {
    if (rests(node)) return;
    std::string text = "interface down: " + node + "'s " + interface.name;
    if (interface.link < lab_.links.size()) {
        const std::string& link = lab_.links[interface.link].name;
        if (e_.broke_link(link)) return;
        text += " (link " + link + ")";
        if (!interface.up) text += ", which is switched off (lab link " + link + " up)";
    }
    cause(std::move(text));
}

// True when the way ends before its end, and it has been said why.
bool Explainer::dies_on(const Way& way, const std::string& prefix) {
    if (way.stops.empty()) return false;
    if (way.circle) return in_a_circle(way, prefix);
    for (const Stop& stop : way.stops) {
        if (stop.error != 0) return refused(way, stop, prefix);
        if (stop.local) return false;
        const bool six = way.to.family == topology::Family::ipv6;
        if (!stop.in.empty() && word(stop.node, six ? "forward6" : "forward4") == "0") {
            cause("forwarding is off at " + stop.node + " (" +
                  (six ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward") + " = 0)");
            return dies(stop.node, prefix, "it does not forward");
        }
        if (bad_wire(way, stop, prefix)) return true;
    }
    return false;
}

bool Explainer::in_a_circle(const Way& way, const std::string& prefix) {
    std::string nodes;
    for (const Stop& stop : way.stops) nodes += (nodes.empty() ? "" : " → ") + stop.node;
    const Stop& last = way.stops.back();
    cause("wrong next hop: " + route_words(last, way.to));
    return dies(last.node, prefix,
                "packets to " + way.to.text() + " go in a circle: " + nodes + " → " +
                    (last.next.empty() ? "?" : last.next.front()));
}

// "r2 sends 10.0.3.0/24 via 10.0.1.2 dev eth1".
std::string Explainer::route_words(const Stop& stop, const topology::Ip& to) const {
    const auto leads = [&](const Reading::Route* route) {
        return route != nullptr &&
               std::any_of(route->hops.begin(), route->hops.end(), [&](const Reading::Hop& hop) {
                   return hop.dev == stop.out && hop.via == stop.via;
               });
    };
    const Reading::Route* best = best_route(reading(stop.node), to);
    // A rule may send it to another table.
    if (!leads(best)) {
        Reading others = reading(stop.node);
        std::erase_if(others.routes, [&](const Reading::Route& route) { return !leads(&route); });
        const Reading::Route* other = best_route(others, to, true);
        if (other != nullptr && other->table != main_table_of_routes)
            return stop.node + " sends " +
                   (other->destination.is_default() ? "everything" : other->destination.text()) +
                   (stop.via ? " via " + stop.via->text() : "") + " dev " + stop.out +
                   " (by a rule, table " + std::to_string(other->table) + ")";
    }
    std::string out = stop.node + " sends " +
                      (best == nullptr                  ? to.text()
                       : best->destination.is_default() ? "everything else"
                                                        : best->destination.text()) +
                      (stop.via ? " via " + stop.via->text() : "") + " dev " + stop.out;
    if (best != nullptr) out += " (proto " + protocol_name(best->protocol) + ")";
    return out;
}

bool Explainer::refused(const Way& way, const Stop& stop, const std::string& prefix) {
    const std::string to = way.to.text();
    switch (stop.error) {
        case ENETUNREACH:
            return no_route(way, stop, prefix);
        case EACCES:
            if (ruled_out(stop, "prohibit", way.to.family))
                return dies(stop.node, prefix, "a rule forbids " + to);
            cause("a prohibit route at " + stop.node);
            return dies(stop.node, prefix, "a route forbids " + to);
        case EHOSTUNREACH:
            if (!stop.in.empty() && word(stop.node, "forward4") == "0" &&
                way.to.family == topology::Family::ipv4) {
                cause("forwarding is off at " + stop.node + " (net.ipv4.ip_forward = 0)");
                return dies(stop.node, prefix, "it does not forward");
            }
            if (best_route(reading(stop.node), way.to) == nullptr &&
                way.to.family == topology::Family::ipv6)
                return no_route(way, stop, prefix);
            // The kernel refuses what comes in by an interface that does not forward.
            if (!stop.in.empty() &&
                all(stop.node, "forwarding4").find("/conf/" + stop.in + "/forwarding:0") !=
                    std::string::npos &&
                way.to.family == topology::Family::ipv4) {
                cause("forwarding is off at " + stop.node + "'s " + stop.in + " (net.ipv4.conf." +
                      stop.in + ".forwarding = 0)");
                return dies(stop.node, prefix, "it does not forward what comes in by " + stop.in);
            }
            if (ruled_out(stop, "unreachable", way.to.family))
                return dies(stop.node, prefix, "a rule says that " + to + " is unreachable");
            // Babel leaves such a route where it has lost one.
            if (word(stop.node, "babel") == "yes")
                for (std::string& text : routing_causes(e_, lab_, wished_network(way.to)))
                    cause(std::move(text));
            if (out_.causes.empty()) cause("an unreachable route at " + stop.node);
            return dies(stop.node, prefix, "a route says that " + to + " is unreachable");
        default:
            break;
    }
    for (const Reading::Address& a : reading(stop.node).addresses)
        if (a.prefix.ip == way.from && !stop.in.empty()) {
            cause("duplicate address: " + way.from.text() + " is on " + way.stops.front().node +
                  " and on " + stop.node + " " + a.dev);
            return dies(stop.node, prefix, "the sender's address is its own");
        }
    // Up to 6.12 the kernel says EXDEV, later EINVAL as for a blackhole.
    if (!stop.in.empty() && stop.own_error == 0 && stop.back_by != stop.in) {
        cause("rp_filter at " + stop.node + ": its way back to " + way.from.text() + " is not by " +
              stop.in + ", so packets from there that come in by it are dropped");
        return dies(stop.node, prefix,
                    "it does not believe that " + way.from.text() + " is behind " + stop.in);
    }
    if (ruled_out(stop, "blackhole", way.to.family))
        return dies(stop.node, prefix, "a rule drops packets to " + to);
    cause("a blackhole route at " + stop.node);
    return dies(stop.node, prefix, "a route drops packets to " + to);
}

// "32765: from 10.0.0.0/24 prohibit" of `ip rule`.
bool Explainer::ruled_out(const Stop& stop, const char* action, topology::Family family) {
    std::istringstream rules(all(stop.node, family == topology::Family::ipv6 ? "rules6" : "rules"));
    for (std::string line; std::getline(rules, line);) {
        const std::string rule = one_line(line);
        if (!rule.ends_with(std::string(" ") + action)) continue;
        const std::size_t colon = rule.find_first_not_of("0123456789:\t ?");
        cause("a rule at " + stop.node + ": ip rule " +
              (colon == std::string::npos ? rule : rule.substr(colon)));
        return true;
    }
    return false;
}

bool Explainer::no_route(const Way& way, const Stop& stop, const std::string& prefix) {
    std::size_t known = 0;
    for (const Reading::Route& route : reading(stop.node).routes)
        if (route.table == 254 && route.destination.ip.family == way.to.family) ++known;
    dies(stop.node, prefix,
         "no route to " + network_of(way.to) + " (" + stop.node + " has " +
             (known == 1 ? "1 route" : std::to_string(known) + " routes") + ")");
    down_interfaces(stop.node, way.to.family);
    unequal_masks(stop.node, way.to);
    for (std::string& text : routing_causes(e_, lab_, wished_network(way.to)))
        cause(std::move(text));
    wished_route(stop.node, way.to);
    // A reply goes where the sender said that it is.
    if (&way == &e_.back && !wished_network(way.to) && owners_.of(way.to).empty())
        cause(e_.there.stops.front().node + " sends from " + way.to.text() +
              ", an address of no network of the file");
    if (out_.causes.empty()) down_interfaces(stop.node, way.to.family, true);
    if (out_.causes.empty() && !e_.fault)
        cause("a route to " + network_of(way.to) + " is missing at " + stop.node);
    return true;
}

// Who has the address is on the same wire, and this end's network does not reach so far.
void Explainer::unequal_masks(const std::string& name, const topology::Ip& to) {
    const topology::Node* node = lab_.find(name);
    if (node == nullptr) return;
    for (const topology::Interface& interface : node->interfaces) {
        if (interface.segment >= lab_.segments.size()) continue;
        for (const topology::End& end : lab_.segments[interface.segment].ends) {
            const std::string& other = lab_.nodes[end.node].name;
            const std::string& dev = lab_.at(end).name;
            if (other == name) continue;
            for (const Reading::Address& its : reading(other).addresses)
                for (const Reading::Address& own : reading(name).addresses)
                    if (its.dev == dev && own.dev == interface.name && its.prefix.ip == to &&
                        its.prefix.contains(own.prefix.ip) && !own.prefix.contains(to))
                        cause("wrong prefix length: " + name + "'s " + own.dev + " has " +
                              own.prefix.text() + ", and " + other + "'s " + dev + " " +
                              its.prefix.text() + ": " + to.text() + " is on no network of " +
                              name + "'s");
        }
    }
}

// The network of the wish that holds the address, when there is one.
std::optional<topology::Prefix> Explainer::wished_network(const topology::Ip& ip) const {
    for (const topology::Segment& segment : lab_.segments)
        for (const auto& network : {segment.ipv4, segment.ipv6})
            if (network && network->contains(ip)) return network;
    return std::nullopt;
}

std::string Explainer::network_of(const topology::Ip& ip) const {
    const auto network = wished_network(ip);
    return network ? network->text() : ip.text();
}

void Explainer::down_interfaces(const std::string& name, topology::Family family, bool by_file) {
    const topology::Node* node = lab_.find(name);
    if (node == nullptr) return;
    for (const topology::Interface& interface : node->interfaces) {
        const Reading::Link* link = reading(name).link(interface.name);
        if (link == nullptr) {
            cause(name + " has no interface " + interface.name + " any more");
            continue;
        }
        if (!link->up) {
            const bool off = interface.link < lab_.links.size() &&
                             e_.off_by_file.contains(lab_.links[interface.link].name);
            if (off == by_file) down(name, interface);
            continue;
        }
        if (by_file) continue;
        missing_addresses(name, interface, family);
    }
}

// What the file gives an interface and the kernel does not have.
bool Explainer::missing_addresses(const std::string& name, const topology::Interface& interface,
                                  topology::Family family) {
    bool found = false;
    // It takes every IPv6 address away.
    if (family == topology::Family::ipv6 &&
        all(name, "no_ipv6").find("/conf/" + interface.name + "/") != std::string::npos) {
        cause("IPv6 is off at " + name + "'s " + interface.name + " (net.ipv6.conf." +
              interface.name + ".disable_ipv6 = 1)");
        return true;
    }
    for (const topology::Prefix& wished : interface.addresses) {
        if (wished.ip.family != family) continue;
        const Reading::Address* same = nullptr;
        std::string others;
        for (const Reading::Address& a : reading(name).addresses) {
            if (a.dev != interface.name || a.prefix.ip.family != family ||
                a.prefix.ip.is_link_local())
                continue;
            if (a.prefix.ip == wished.ip) same = &a;
            others += (others.empty() ? "" : ", ") + a.prefix.text();
        }
        if (same == nullptr) {
            cause("missing address: " + name + "'s " + interface.name + " lacks " + wished.text() +
                  (others.empty() ? "" : " (it has " + others + ")"));
            found = true;
        } else if (same->prefix.length != wished.length) {
            cause("wrong prefix length: " + name + "'s " + interface.name + " has " +
                  same->prefix.text() + " instead of /" + std::to_string(wished.length));
            found = true;
        }
    }
    return found;
}

void Explainer::wished_route(const std::string& name, const topology::Ip& to) {
    const topology::Node* node = lab_.find(name);
    // A link that goes down takes its routes with it.
    if (node == nullptr || e_.fault) return;
    for (const topology::Route& route : node->routes)
        if (route.destination.contains(to) && route.destination.ip.family == to.family) {
            cause("the route " + route.destination.text() +
                  (route.hops.empty() || !route.hops[0].via ? std::string()
                                                            : " via " + route.hops[0].via->text()) +
                  " of the file is gone from " + name);
            return;
        }
}

// Which way, and whose routes lead it there.
Diagnosis Explainer::passage() {
    if (!e_.there.arrived) return {};
    std::string nodes;
    for (const Stop& stop : e_.there.stops) {
        nodes += (nodes.empty() ? "" : " → ") + stop.node;
        if (!stop.local && (!stop.in.empty() || e_.there.stops.size() == 2))
            cause(route_words(stop, e_.there.to));
    }
    out_.where = "nothing stops it: " + nodes;
    return std::move(out_);
}

Diagnosis explain(const Evidence& evidence, const topology::Lab& lab) {
    return Explainer(evidence, lab).run();
}

Diagnosis explain_passage(const Evidence& evidence, const topology::Lab& lab) {
    return Explainer(evidence, lab).passage();
}

}  // namespace labd::check
