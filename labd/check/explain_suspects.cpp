// Packets: what may be wrong where every lookup is right. Ports of switches, addresses of
// interfaces, and what a node does to packets beside its routes.
#include "labd/check/explainer.hpp"
#include "labd/check/subjects.hpp"

#include <linux/if_bridge.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace labd::check {
namespace {

// "chain forward in table inet filter (policy drop)" of the first chain of a ruleset that drops.
std::string dropping_chain(const std::string& ruleset, bool only_arp) {
    std::istringstream in(ruleset);
    std::string table, chain, policy;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string first, a, b;
        words >> first >> a >> b;
        // labd's own, of impairments: these have words of their own.
        if (first == "table") table = a + " " + b;
        if (table.ends_with(" labd-links")) continue;
        if (only_arp && !table.starts_with("arp ")) continue;
        if (first == "chain") chain = a, policy.clear();
        const std::string place = "chain " + chain + " of table " + table;
        if (line.find("policy drop") != std::string::npos) return place + ", policy drop";
        const std::string words_of_it = one_line(line);
        const bool drops = words_of_it == "drop" || words_of_it.ends_with(" drop") ||
                           words_of_it.find(" reject") != std::string::npos ||
                           words_of_it.starts_with("reject");
        if (drops && !chain.empty()) return place + ": " + words_of_it;
    }
    return "";
}

// What ip(8) ends its lines with when each thing has one of its own: "src … \\\tdir fwd …".
std::string words_alone(std::string line) {
    for (char& c : line)
        if (c == '\\' || c == '\t') c = ' ';
    std::string out;
    std::istringstream in(line);
    for (std::string word; in >> word;) out += (out.empty() ? "" : " ") + word;
    return out;
}

const char* port_state_words(std::uint8_t state) {
    switch (state) {
        case BR_STATE_DISABLED:
            return "disabled";
        case BR_STATE_LISTENING:
            return "listening";
        case BR_STATE_LEARNING:
            return "learning";
        default:
            return "blocking";
    }
}

// What comes in without a tag; 0 = such frames are dropped.
unsigned untagged_in(const Reading::Port& port) {
    for (const Reading::Vlan& vlan : port.vlans)
        if (vlan.pvid) return vlan.id;
    return 0;
}

const Reading::Vlan* carries(const Reading::Port& port, unsigned id) {
    for (const Reading::Vlan& vlan : port.vlans)
        if (vlan.id == id) return &vlan;
    return nullptr;
}

std::string vlan_words(unsigned id) {
    return id == 0 ? "takes no untagged frames" : "has VLAN " + std::to_string(id);
}

}  // namespace

bool Explainer::dropped_by_rule() {
    for (const bool reply : {false, true})
        for (const Stop& stop : (reply ? e_.back : e_.there).stops) {
            const auto traced = e_.traced.find(stop.node);
            if (traced == e_.traced.end()) continue;
            for (const RuleDrop& drop : traced->second) {
                if (drop.reply != reply || drop.translates) continue;
                cause(std::string("nft ") + (drop.reject ? "reject" : "drop") + " at " + stop.node +
                      ": " + drop.chain + (drop.rule == "policy drop" ? ", " : ": ") + drop.rule);
                return dies(
                    stop.node, reply ? "the reply " : "",
                    drop.reject ? "a firewall rule refuses it" : "a firewall rule drops it");
            }
        }
    return false;
}

// What the packets are called on their way: the last resort of who looks for a cause.
void Explainer::translated() {
    if (!out_.causes.empty()) return;
    for (const auto& [node, rules] : e_.traced)
        for (const RuleDrop& rule : rules)
            if (rule.translates)
                cause("address translation at " + node + ": " + rule.chain + ": " + rule.rule);
}

// What may make a node drop a packet though its routes are right.
void Explainer::suspects(const std::string& node) {
    // What a trace goes through has spoken for itself; it sees no ARP.
    if (const std::string chain = dropping_chain(all(node, "nft"), e_.traced.contains(node));
        !chain.empty())
        cause("nft drop at " + node + ": " + chain);
    // "nf_conntrack: table full, dropping packet"
    const std::string tracked = word(node, "tracked"), most = word(node, "trackable");
    if (const long count = std::atol(tracked.c_str()), limit = std::atol(most.c_str());
        limit > 0 && count >= limit)
        cause("connection tracking is full at " + node + ": " + tracked + " of " + most +
              " entries (net.netfilter.nf_conntrack_max)");
    if (const long ttl = std::atol(word(node, "ttl").c_str());
        node == e_.there.stops.front().node && ttl > 0 &&
        static_cast<std::size_t>(ttl) < e_.there.stops.size() - 1)
        cause("what " + node + " sends lives " + std::to_string(ttl) +
              (ttl == 1 ? " hop" : " hops") + " only (net.ipv4.ip_default_ttl)");
    if (node == e_.there.stops.back().node && e_.flow->port != 0) halted(node);
    std::istringstream policies(all(node, "xfrm"));
    for (std::string line; std::getline(policies, line);)
        if (line.find(" action block") != std::string::npos)
            cause("an IPsec policy at " + node +
                  " drops packets: " + one_line(words_alone(line), 160));
    std::istringstream qdiscs(all(node, "qdisc"));
    for (std::string line; std::getline(qdiscs, line);)
        if (line.find("netem") != std::string::npos && line.find("loss") != std::string::npos)
            cause("an impairment at " + node + ": " + one_line(line));
}

// "12 (python3) T 1 …": the kernel takes what is sent to it, and it answers nothing.
void Explainer::halted(const std::string& node) {
    if (rests(node)) return;
    std::istringstream in(all(node, "halted"));
    for (std::string line; std::getline(in, line);) {
        const std::size_t open = line.find(" ("), close = line.rfind(") ");
        if (open == std::string::npos || close == std::string::npos || close < open) continue;
        const std::string pid = line.substr(0, open);
        cause(node + "'s " + one_line(line.substr(open + 2, close - open - 2), 20) + " (process " +
              pid + ") is stopped by a signal (kill -CONT " + pid + ")");
    }
}

// `UNCONN 0 0 0.0.0.0:7 0.0.0.0:* users:(("python3",pid=12,fd=3))` of ss(8).
std::string Explainer::program_at(const std::string& node, std::uint16_t port) const {
    std::istringstream in(all(node, e_.flow->udp ? "programs" : "listeners"));
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string state, received, sent, local;
        if (!(words >> state >> received >> sent >> local) ||
            !local.ends_with(":" + std::to_string(port)))
            continue;
        const std::size_t open = line.find("((\""), close = line.find('"', open + 3);
        if (open != std::string::npos && close != std::string::npos)
            return node + "'s " + one_line(line.substr(open + 3, close - open - 3), 20);
    }
    return "the service at " + node;
}

bool Explainer::unanswered(const std::string& node) {
    const auto counted = e_.datagrams.find(node);
    if (counted == e_.datagrams.end() || counted->second.sent > 0) return false;
    const std::size_t known = out_.causes.size();
    suspects(node);
    if (out_.causes.size() == known)
        cause(program_at(node, e_.flow->port) +
              (counted->second.taken > 0 ? " has taken the packet and sent nothing (udp port "
                                         : " does not take the packet (udp port ") +
              std::to_string(e_.flow->port) + ")");
    return dies(node, "", "the packet arrives, and no answer is sent");
}

void Explainer::speechless(const std::string& node) {
    const std::string port = " (tcp port " + std::to_string(e_.flow->port) + ")";
    cause(program_at(node, e_.flow->port) + " has accepted the connection and sent nothing" + port);
    dies(node, "", "the connection is accepted, and nothing is sent on it");
}

// One end of a wire, and what it was told to send at most.
bool Explainer::narrow_end(const topology::Interface& interface, const std::string& node) {
    const std::uint64_t rate = interface.impairment.rate_bits;
    // Of what goes over the wire headers are a part.
    constexpr double payload = 0.95;
    if (rate == 0 || static_cast<double>(rate) * payload > e_.flow->wanted_bits) return false;
    const std::string link =
        interface.link < lab_.links.size() ? lab_.links[interface.link].name : "";
    if (!link.empty() && e_.broke_link(link)) return false;
    cause("the rate of " + (link.empty() ? "a link" : "the link " + link) + " is " +
          topology::rate_text(rate) + " (of what " + node + "'s " + interface.name + " sends)");
    return true;
}

void Explainer::narrow() {
    for (const Stop& stop : e_.there.stops) {
        const topology::Interface* own = interface_of(stop.node, stop.out);
        if (own == nullptr) continue;
        narrow_end(*own, stop.node);
        // The ports of switches that it comes by.
        if (stop.next.empty() || own->segment >= lab_.segments.size()) continue;
        for (const topology::End& end : lab_.segments[own->segment].ends) {
            const topology::Interface& its = lab_.at(end);
            if (lab_.nodes[end.node].name != stop.next.front() || its.link >= lab_.links.size())
                continue;
            for (const topology::End& port : lab_.links[its.link].ends)
                if (lab_.nodes[port.node].is_bridge())
                    narrow_end(lab_.at(port), lab_.nodes[port.node].name);
        }
    }
    for (const Stop& stop : e_.there.stops) {
        std::istringstream queues(all(stop.node, "qdisc"));
        for (std::string line; out_.causes.empty() && std::getline(queues, line);)
            if (line.starts_with("qdisc tbf ") &&
                line.find(" dev " + stop.out + " ") != std::string::npos)
                cause("a queue at " + stop.node + ": " + one_line(line, 100));
    }
    if (out_.causes.empty()) lossy();
    if (out_.causes.empty()) slow();
}

void Explainer::slow() {
    std::string parts;
    std::int64_t sum = 0;
    std::size_t number = 0;
    for (const Way* way : {&e_.there, &e_.back})
        for (const Stop& stop : way->stops) {
            const topology::Interface* interface = interface_of(stop.node, stop.out);
            if (interface == nullptr || interface->impairment.delay_ns == 0) continue;
            if (interface->link < lab_.links.size() &&
                e_.broke_link(lab_.links[interface->link].name))
                continue;
            sum += interface->impairment.delay_ns, ++number;
            parts += (parts.empty() ? "" : ", ") + stop.node + "'s " + stop.out + " " +
                     topology::time_text(interface->impairment.delay_ns);
        }
    if (number > 0)
        cause("delays on the way there and back: " + parts +
              (number > 1 ? ", " + topology::time_text(sum) + " in all" : ""));
}

// Two ends of one wire with different MTUs: what the smaller one cannot take is lost there.
void Explainer::unequal_ends(const Way& way) {
    for (const Stop& stop : way.stops) {
        const topology::Interface* interface = interface_of(stop.node, stop.out);
        const Reading::Link* own = reading(stop.node).link(stop.out);
        if (interface == nullptr || own == nullptr || stop.next.empty()) continue;
        for (const topology::End& end : lab_.segments[interface->segment].ends) {
            const std::string& other = lab_.nodes[end.node].name;
            const Reading::Link* its = reading(other).link(lab_.at(end).name);
            if (other != stop.next.front() || its == nullptr || its->mtu == own->mtu) continue;
            cause("MTU mismatch on " + stop.node + "–" + other + ": " + stop.node + "'s " +
                  own->name + " has " + std::to_string(own->mtu) + ", " + other + "'s " +
                  its->name + " has " + std::to_string(its->mtu));
        }
    }
}

// A request that does not fit a later link, though both of its ends agree: whoever sends it must
// hear of that, and here does not.
bool Explainer::too_long(const Way& way) {
    if (e_.flow->size == 0) return false;
    const bool six = way.to.family == topology::Family::ipv6;
    const std::uint32_t length = e_.flow->size + (six ? 48 : 28);
    for (std::size_t i = 1; i < way.stops.size(); ++i) {
        const std::string& node = way.stops[i].node;
        const Reading::Link* out = reading(node).link(way.stops[i].out);
        if (out == nullptr || out->name == "lo" || out->mtu >= length) continue;
        const std::string words = "packets of " + std::to_string(length) + " bytes do not fit ";
        cause("MTU black hole: " + words + node + "'s " + out->name + " (MTU " +
              std::to_string(out->mtu) + "), and " + way.stops.front().node + " is not told");
        return dies(node, "", words + out->name);
    }
    return false;
}

// The port of a switch that an interface is plugged into.
Explainer::SwitchPort Explainer::port_of(const std::string& node,
                                         const topology::Interface& interface) const {
    SwitchPort out;
    if (interface.link >= lab_.links.size()) return out;
    for (const topology::End& end : lab_.links[interface.link].ends) {
        const topology::Node& other = lab_.nodes[end.node];
        if (other.name == node || !other.is_bridge()) continue;
        const Reading::Link* link = reading(other.name).link(lab_.at(end).name);
        if (link == nullptr) continue;
        out.link = link;
        out.words = other.name + "'s " + link->name + " (to " + node + ")";
        out.place = lab_.links[interface.link].name;
    }
    return out;
}

// Between a stop and the next one: ends that do not ask for addresses, two with one MAC address,
// ports of switches that let nothing through. True when there is something; it is a cause then.
bool Explainer::bad_ports(const Stop& stop) {
    const topology::Interface* own = interface_of(stop.node, stop.out);
    if (own == nullptr || stop.next.empty() || own->segment >= lab_.segments.size()) return false;
    const std::size_t known = out_.causes.size();
    const std::string& next = stop.next.front();
    const topology::Interface* its = nullptr;
    for (const topology::End& end : lab_.segments[own->segment].ends)
        if (lab_.nodes[end.node].name == next && its == nullptr) its = &lab_.at(end);
    if (its == nullptr) return false;
    for (const auto& [node, interface] : {std::pair(&stop.node, own), std::pair(&next, its)}) {
        const Reading::Link* link = reading(*node).link(interface->name);
        if (link != nullptr && !link->arp)
            cause("ARP is off at " + *node + "'s " + interface->name + " (ip link set " +
                  interface->name + " arp on)");
        if (link != nullptr) same_mac(own->segment, *node, *link);
        if (const auto at = all(*node, "arp_ignore");
            at.find("/conf/" + interface->name + "/arp_ignore:8") != std::string::npos ||
            at.find("/conf/all/arp_ignore:8") != std::string::npos)
            cause(*node + " answers no ARP requests (net.ipv4.conf." + interface->name +
                  ".arp_ignore = 8)");
    }
    switch_ports(port_of(stop.node, *own), port_of(next, *its));
    if (out_.causes.size() == known) trunks(stop, *own);
    if (out_.causes.size() == known)
        for (const std::size_t at : lab_.segments[own->segment].switches)
            for (const std::string& drop : reading(lab_.nodes[at].name).frame_drops)
                cause("nft drop at " + lab_.nodes[at].name + ": " + drop);
    return out_.causes.size() > known;
}

void Explainer::same_mac(std::size_t segment, const std::string& node, const Reading::Link& link) {
    for (const topology::End& end : lab_.segments[segment].ends) {
        const std::string& other = lab_.nodes[end.node].name;
        const Reading::Link* its = reading(other).link(lab_.at(end).name);
        if (other == node || its == nullptr || its->mac != link.mac) continue;
        const std::string first = node + "'s " + link.name, second = other + "'s " + its->name;
        cause("duplicate MAC address: " + std::min(first, second) + " and " +
              std::max(first, second) + " both have " + link.mac);
    }
}

void Explainer::switch_ports(const SwitchPort& a, const SwitchPort& b) {
    for (const SwitchPort* port : {&a, &b}) {
        if (port->link == nullptr) continue;
        if (!port->link->up)
            cause("interface down: " + port->words + " (link " + port->place + ")");
        else if (!port->link->port)
            cause(port->words + " is in no bridge");
        else if (port->link->port->state != BR_STATE_FORWARDING)
            cause("blocked port: " + port->words + " is " +
                  port_state_words(port->link->port->state) + " (spanning tree)");
    }
    if (a.link == nullptr || b.link == nullptr || !a.link->port || !b.link->port) return;
    if (a.link->port->isolated && b.link->port->isolated)
        cause("isolated ports: " + a.words + " and " + b.words + " do not talk to each other");
    if (!a.link->port->filters || !b.link->port->filters) return;
    const unsigned one = untagged_in(*a.link->port), other = untagged_in(*b.link->port);
    if (one != other)
        cause("wrong VLAN: " + a.words + " " + vlan_words(one) + ", " + b.words + " " +
              vlan_words(other));
}

// The ports between two switches must carry the VLAN, too.
void Explainer::trunks(const Stop& stop, const topology::Interface& own) {
    const SwitchPort from = port_of(stop.node, own);
    if (from.link == nullptr || !from.link->port || !from.link->port->filters) return;
    const unsigned vlan = untagged_in(*from.link->port);
    if (vlan == 0) return;
    for (const std::size_t at : lab_.segments[own.segment].switches)
        for (const topology::Interface& port : lab_.nodes[at].interfaces) {
            const SwitchPort other = port_of(lab_.nodes[at].name, port);
            const Reading::Link* link = reading(lab_.nodes[at].name).link(port.name);
            if (other.link == nullptr || link == nullptr || !link->port || !link->port->filters ||
                carries(*link->port, vlan) != nullptr)
                continue;
            cause("wrong VLAN: " + lab_.nodes[at].name + "'s " + port.name + " (link " +
                  other.place + ") does not carry VLAN " + std::to_string(vlan));
        }
}

}  // namespace labd::check
