// route, address, link and neighbor: what the kernel of a node holds, by netlink.
#include "labd/check/owners.hpp"
#include "labd/check/subjects.hpp"

#include <linux/neighbour.h>

#include <algorithm>

namespace labd::check {
namespace {

using namespace topology::subject;  // Route, Address, Link, Neighbor

Question about(const std::vector<std::string>& nodes) {
    Question question;
    question.spaces = nodes;
    return question;
}

// Calls `look` for every node that could be read, and says why of the others.
template <typename Look>
Verdict for_nodes(const std::vector<std::string>& nodes, const Answers& answers, Look look) {
    Verdict verdict;
    for (const std::string& node : nodes) {
        const auto read = answers.spaces.find(node);
        if (read != answers.spaces.end()) {
            Finding finding = look(node, read->second);
            finding.what = node;
            verdict.findings.push_back(std::move(finding));
            continue;
        }
        const auto dead = answers.dead.find(node);
        verdict.broken =
            node + ": " + (dead == answers.dead.end() ? std::string("is not there") : dead->second);
    }
    return verdict;
}

std::string shown(const Reading::Route& route, const Owners& owners) {
    std::string out;
    for (const Reading::Hop& hop : route.hops) {
        out += out.empty() ? "" : ", ";
        if (hop.via) out += "via " + owners.name(*hop.via) + " ";
        out += "dev " + hop.dev;
    }
    if (route.hops.empty()) out = "blackhole";
    out += " proto " + protocol_name(route.protocol);
    if (route.metric != 0) out += " metric " + std::to_string(route.metric);
    return out;
}

bool through(const Reading::Hop& hop, const Route& s, const Owners& owners) {
    if (!s.dev.empty() && hop.dev != s.dev) return false;
    if (!s.via) return true;
    if (!hop.via) return false;
    if (const auto ip = topology::Ip::parse(s.via->text)) return *hop.via == *ip;
    return owners.is(*hop.via, s.via->text);
}

bool fits(const Reading::Route& route, const Route& s, const Owners& owners) {
    if (s.metric && route.metric != *s.metric) return false;
    if (!s.proto.empty() && protocol_number(s.proto) != route.protocol) return false;
    if (!s.via && s.dev.empty()) return true;
    return std::any_of(route.hops.begin(), route.hops.end(),
                       [&](const Reading::Hop& hop) { return through(hop, s, owners); });
}

// "metric 10": what of it the check says.
std::string wanted_of(const Route& s) {
    std::string out = s.via ? "via " + s.via->text : "";
    const auto say = [&](const std::string& words) { out += (out.empty() ? "" : " ") + words; };
    if (!s.dev.empty()) say("dev " + s.dev);
    if (!s.proto.empty()) say("proto " + s.proto);
    if (s.metric) say("metric " + std::to_string(*s.metric));
    return out;
}

// What there is instead: the number of routes, and the nearest that covers the prefix.
std::string missing(const topology::Prefix& prefix, std::uint32_t table, const Reading& reading) {
    std::size_t routes = 0;
    const Reading::Route* cover = nullptr;
    for (const Reading::Route& route : reading.routes) {
        if (route.table != table || route.destination.ip.family != prefix.ip.family) continue;
        ++routes;
        if (route.destination.length < prefix.length && route.destination.contains(prefix.ip) &&
            (cover == nullptr || cover->destination.length < route.destination.length))
            cover = &route;
    }
    std::string out = "no route to " + prefix.text() + " (" + std::to_string(routes) +
                      (routes == 1 ? " route" : " routes");
    if (cover != nullptr)
        out += ", the nearest is " + (cover->destination.is_default()
                                          ? std::string("the default route")
                                          : cover->destination.text());
    return out + ")";
}

}  // namespace

Question ask(const Route& s, const topology::Lab&) {
    return about(s.nodes);
}

Verdict judge(const Route& s, const topology::Lab& lab, const Answers& answers) {
    const Owners owners(lab);
    return for_nodes(s.nodes, answers, [&](const std::string&, const Reading& reading) {
        Finding finding;
        std::vector<const Reading::Route*> found;
        topology::Prefix prefix;
        if (const auto written = topology::Prefix::parse(s.prefix.text)) prefix = *written;
        if (const auto ip = topology::Ip::parse(s.prefix.text)) prefix = {*ip, ip->bits()};
        for (const Reading::Route& route : reading.routes) {
            if (route.table != s.table) continue;
            if (s.prefix.text == "default" ? route.destination.is_default()
                                           : route.destination == prefix)
                found.push_back(&route);
        }
        std::erase_if(found,
                      [&](const Reading::Route* r) { return s.absent && !fits(*r, s, owners); });
        if (s.absent) {
            finding.ok = found.empty();
            finding.value = found.empty() ? "absent" : shown(*found.front(), owners);
            return finding;
        }
        for (const Reading::Route* route : found) {
            finding.ok = finding.ok || fits(*route, s, owners);
            finding.value += (finding.value.empty() ? "" : "; ") + shown(*route, owners);
        }
        if (!found.empty()) finding.wanted = wanted_of(s);
        if (found.empty())
            finding.value =
                s.prefix.text == "default" ? "no default route" : missing(prefix, s.table, reading);
        return finding;
    });
}

Question ask(const Address& s, const topology::Lab&) {
    return about(s.nodes);
}

Verdict judge(const Address& s, const topology::Lab&, const Answers& answers) {
    return for_nodes(s.nodes, answers, [&](const std::string& node, const Reading& reading) {
        Finding finding;
        finding.ok = true;
        std::string held;
        for (const Reading::Address& a : reading.addresses)
            if (s.dev.empty() ? a.dev != "lo" || !a.prefix.ip.is_loopback() : a.dev == s.dev)
                held += (held.empty() ? "" : ", ") + a.prefix.text();
        if (!s.dev.empty() && reading.link(s.dev) == nullptr) {
            finding.ok = false;
            finding.value = node + " has no interface " + s.dev;
            return finding;
        }
        for (const topology::Text& wanted : s.is) {
            const auto prefix = topology::Prefix::parse(wanted.text);
            const auto ip = topology::Ip::parse(wanted.text);
            const bool there =
                std::any_of(reading.addresses.begin(), reading.addresses.end(), [&](const auto& a) {
                    if (!s.dev.empty() && a.dev != s.dev) return false;
                    return prefix ? a.prefix == *prefix : ip && a.prefix.ip == *ip;
                });
            finding.ok = finding.ok && there;
        }
        finding.value = held.empty() ? "no addresses" : held;
        return finding;
    });
}

Question ask(const Link& s, const topology::Lab&) {
    return about(s.nodes);
}

Verdict judge(const Link& s, const topology::Lab&, const Answers& answers) {
    return for_nodes(s.nodes, answers, [&](const std::string& node, const Reading& reading) {
        Finding finding;
        const Reading::Link* link = reading.link(s.dev);
        if (link == nullptr) {
            finding.value = node + " has no interface " + s.dev;
            return finding;
        }
        const bool up = link->up && link->carrier;
        finding.ok = up == s.up && (!s.mtu || link->mtu == *s.mtu);
        finding.value = up         ? "up"
                        : link->up ? "up, but without carrier: the other end is down"
                                   : "down";
        if (s.mtu) finding.value += ", mtu " + std::to_string(link->mtu);
        return finding;
    });
}

Question ask(const Neighbor& s, const topology::Lab&) {
    return about(s.nodes);
}

Verdict judge(const Neighbor& s, const topology::Lab& lab, const Answers& answers) {
    const Owners owners(lab);
    const auto ip = topology::Ip::parse(s.is.text);
    return for_nodes(s.nodes, answers, [&](const std::string&, const Reading& reading) {
        Finding finding;
        std::string others;
        for (const Reading::Neighbor& n : reading.neighbors) {
            if ((n.state & NUD_NOARP) != 0 || (!s.dev.empty() && n.dev != s.dev)) continue;
            const bool meant = ip ? n.ip == *ip : owners.is(n.ip, s.is.text);
            if (!meant) {
                others += (others.empty() ? "" : ", ") + owners.name(n.ip);
                continue;
            }
            const bool known = (n.state & (NUD_INCOMPLETE | NUD_FAILED)) == 0 && !n.mac.empty();
            finding.ok = finding.ok || known;
            finding.value =
                n.ip.text() + (known ? " is " + n.mac : " does not answer") + " on " + n.dev;
            if (known) break;
        }
        if (finding.value.empty())
            finding.value = others.empty() ? "no neighbours" : "neighbours are " + others;
        return finding;
    });
}

}  // namespace labd::check
