// The distance vectors: RIP with RIPng, and Babel.
#include "topology/configure.hpp"

#include <algorithm>
#include <cmath>

namespace topology {
namespace {

// All connected networks but the private ones.
void redistribute_connected(const Lab& lab, const Node& node, std::vector<std::string>& router,
                            FrrConfig& config) {
    unsigned sequence = 10;
    for (const Interface& interface : node.interfaces) {
        if (interface.segment == npos || !lab.segments[interface.segment].private_) continue;
        config.block("route-map public deny " + std::to_string(sequence),
                     {"match interface " + interface.name});
        sequence += 10;
    }
    if (sequence == 10) return router.push_back("redistribute connected");
    config.block("route-map public permit " + std::to_string(sequence), {});
    router.push_back("redistribute connected route-map public");
}

void rip(const Speakers& speakers, std::size_t index, Family family, FrrConfig& config) {
    const Node& node = speakers.lab.nodes[index];
    const bool v4 = family == Family::ipv4;
    std::vector<std::string> networks, passive;
    for (const Port& port : ports_of(speakers.lab, index)) {
        if (!(v4 ? port.ipv4 : port.ipv6)) continue;
        networks.push_back("network " + port.interface->name);
        if (is_passive(speakers, index, port, Routing::rip))
            passive.push_back("passive-interface " + port.interface->name);
    }
    const bool loopback = std::any_of(node.loopbacks.begin(), node.loopbacks.end(),
                                      [&](const Prefix& p) { return p.ip.family == family; });
    if (loopback && v4) networks.push_back("network lo");
    if (networks.empty() && !loopback) return;
    std::vector<std::string> router;
    if (v4) router.push_back("version 2");
    router.insert(router.end(), networks.begin(), networks.end());
    // ripngd takes "network lo" and announces nothing of it.
    if (loopback && !v4) redistribute_connected(speakers.lab, node, router, config);
    router.insert(router.end(), passive.begin(), passive.end());
    if (leads_out(speakers.lab, index, family)) router.push_back("default-information originate");
    if (node.ecmp.value_or(true)) router.push_back("allow-ecmp");
    // Updates, not hellos: five seconds is the least that ripd takes.
    if (!node.timers.standard) router.push_back("timers basic 5 15 10");
    config.block(v4 ? "router rip" : "router ripng", router);
    config.daemon(v4 ? "ripd" : "ripngd");
}

std::string milliseconds(double value) {
    return std::to_string(std::clamp(std::lround(value * 1000), 20L, 655340L));
}

}  // namespace

void configure_rip(const Speakers& speakers, std::size_t index, FrrConfig& config) {
    if (!speakers.speaks(index, Routing::rip)) return;
    rip(speakers, index, Family::ipv4, config);
    rip(speakers, index, Family::ipv6, config);
}

void configure_babel(const Speakers& speakers, std::size_t index, FrrConfig& config) {
    if (!speakers.speaks(index, Routing::babel)) return;
    const Lab& lab = speakers.lab;
    const Node& node = lab.nodes[index];
    std::vector<std::string> router;
    for (const Port& port : ports_of(lab, index)) {
        const Interface& interface = *port.interface;
        if (is_passive(speakers, index, port, Routing::babel)) continue;
        router.push_back("network " + interface.name);
        config.line(interface.name, "babel wired");
        config.line(interface.name, "babel rxcost " + std::to_string(cost_of(interface)));
        const Timers& timers = timers_of(node, interface);
        if (timers.standard) continue;
        config.line(interface.name, "babel hello-interval " + milliseconds(timers.hello));
        config.line(interface.name, "babel update-interval " + milliseconds(timers.dead));
    }
    router.push_back("redistribute ipv4 connected");
    router.push_back("redistribute ipv6 connected");
    if (leads_out(lab, index, Family::ipv4)) router.push_back("redistribute ipv4 kernel");
    if (leads_out(lab, index, Family::ipv6)) router.push_back("redistribute ipv6 kernel");
    // Babel announces by redistribution: what is private has to be held back by name.
    std::vector<std::string> held4, held6;
    for (const Interface& interface : node.interfaces) {
        if (interface.segment == npos || !lab.segments[interface.segment].private_) continue;
        for (const Prefix& address : interface.addresses)
            (address.ip.family == Family::ipv4 ? held4 : held6).push_back(address.network().text());
    }
    if (!held4.empty()) {
        for (const std::string& net : held4) config.global("ip prefix-list public deny " + net);
        config.global("ip prefix-list public permit any");
        router.push_back("distribute-list prefix public out");
    }
    if (!held6.empty()) {
        for (const std::string& net : held6) config.global("ipv6 prefix-list public deny " + net);
        config.global("ipv6 prefix-list public permit any");
        router.push_back("ipv6 distribute-list prefix public out");
    }
    config.block("router babel", router);
    config.daemon("babeld");
}

}  // namespace topology
