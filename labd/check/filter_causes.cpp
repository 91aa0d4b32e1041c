// A network that is known, and kept from going on: by filters, and by protocols that do not tell
// each other.
#include "labd/check/frr_filter.hpp"
#include "labd/check/routing_evidence.hpp"
#include "labd/marks.hpp"

#include <algorithm>
#include <sstream>

namespace labd::check {
namespace {

using topology::Prefix;
using Fate = Filtered::Fate;

// The protocol that has brought the very network into the router's kernel, "connected" or "".
std::string known_by(const Router& router, const Prefix& network) {
    for (const Reading::Address& a : router.reading->addresses)
        if (a.prefix.ip.family == network.ip.family && a.prefix.network() == network)
            return "connected";
    for (const Reading::Route& route : router.reading->routes)
        if (route.table == 254 && route.destination == network)
            return protocol_name(route.protocol);
    return "";
}

void say(const Router& router, const Prefix& network, const std::string& line,
         const Filtered& found, CauseList& causes) {
    if (found.fate == Fate::passes) return;
    const std::string text = router.name +
                             (found.fate == Fate::stays ? " filters " : " may filter ") +
                             network.text() + ": " + line + " (" + found.line + ")";
    if (found.fate == Fate::stays)
        causes.add(text);
    else
        causes.weak(text);
}

// "KIND NAME" as lines of all protocols end with.
Filtered applied(const Router& router, const std::string& kind, const std::string& name,
                 const Prefix& network) {
    if (kind == "route-map") return by_route_map(router.config, name, network);
    if (kind == "prefix-list") return by_prefix_list(router.config, name, network);
    if (kind == "distribute-list") return by_access_list(router.config, name, network);
    return {};
}

const Router* neighbor_at(const Routers& all, const std::string& address) {
    const auto ip = topology::Ip::parse(address);
    for (const auto& [name, router] : all)
        for (const Reading::Address& a : router.reading->addresses)
            if (ip && a.prefix.ip == *ip) return &router;
    return nullptr;
}

// Whom "neighbor WHO …" is about: an address, or all of a peer group.
std::vector<std::string> peers_meant(const Router& router, const std::string& who) {
    if (topology::Ip::parse(who)) return {who};
    std::vector<std::string> out;
    for (const std::string& line :
         FrrConfig::values(router.config.section(router.config.find("router bgp")), "neighbor"))
        if (line.ends_with(" peer-group " + who)) out.push_back(line.substr(0, line.find(' ')));
    return out;
}

// "neighbor 10.0.0.1 route-map NAME out": of what one end knows and the other one lacks.
void bgp_filters(const Router& router, const Prefix& network, const Routers& all,
                 CauseList& causes) {
    const std::string process = router.config.find("router bgp");
    if (process.empty()) return;
    const bool six = network.ip.family == topology::Family::ipv6;
    const bool known = !known_by(router, network).empty();
    for (const std::string& line :
         router.config.section(process + (six ? "/ipv6 unicast" : "/ipv4 unicast"))) {
        std::istringstream in(line);
        std::string word, who, kind, name, way;
        if (!(in >> word >> who >> kind >> name >> way) || word != "neighbor") continue;
        bool matters = way == "in" && !known;
        if (way == "out" && known)
            for (const std::string& address : peers_meant(router, who)) {
                const Router* other = neighbor_at(all, address);
                matters = matters || other == nullptr || known_by(*other, network).empty();
            }
        if (matters) say(router, network, line, applied(router, kind, name, network), causes);
    }
}

struct Speaker {
    const char *name, *section, *kernel;  // as people, FRR and the kernel call it
};

std::vector<Speaker> processes_for(const Prefix& network) {
    const bool six = network.ip.family == topology::Family::ipv6;
    std::vector<Speaker> out{{"BGP", "router bgp", "bgp"},
                             {"OSPF", six ? "router ospf6" : "router ospf", "ospf"},
                             {"IS-IS", "router isis", "isis"}};
    if (!six) out.push_back({"RIP", "router rip", "rip"});
    return out;
}

// The lines of a process, those of the network's family with them.
FrrConfig::Lines lines_of(const Router& router, const std::string& section, const Prefix& network) {
    FrrConfig::Lines out = router.config.section(section);
    const bool six = network.ip.family == topology::Family::ipv6;
    const auto& more = router.config.section(section + (six ? "/ipv6 unicast" : "/ipv4 unicast"));
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

// What is taken over from elsewhere, and what a process lets in and out at all.
void process_filters(const Router& router, const Prefix& network, CauseList& causes) {
    const std::string by = known_by(router, network);
    for (const Speaker& process : processes_for(network)) {
        const std::string section = router.config.find(process.section);
        if (section.empty()) continue;
        for (const std::string& line : lines_of(router, section, network)) {
            std::istringstream in(line);
            std::vector<std::string> w;
            for (std::string word; in >> word;) w.push_back(word);
            const auto map = std::find(w.begin(), w.end(), "route-map");
            const bool takes_over = w.size() > 1 && w[0] == "redistribute" && !by.empty() &&
                                    std::find(w.begin() + 1, w.end(), by) != w.end();
            if (takes_over && map != w.end() && map + 1 != w.end())
                say(router, network, line, by_route_map(router.config, map[1], network), causes);
            if (w.size() < 3 || w[0] != "distribute-list") continue;
            const bool prefixes = w[1] == "prefix" && w.size() > 3;
            const std::string &name = prefixes ? w[2] : w[1], &way = prefixes ? w[3] : w[2];
            if ((way == "out") == by.empty()) continue;
            say(router, network, line,
                applied(router, prefixes ? "prefix-list" : "distribute-list", name, network),
                causes);
        }
    }
    if (!by.empty()) return;
    // Between the protocols and the kernel.
    const bool six = network.ip.family == topology::Family::ipv6;
    for (const std::string& line : FrrConfig::values(router.config.section(FrrConfig::outside),
                                                     six ? "ipv6 protocol" : "ip protocol")) {
        const std::size_t at = line.find(" route-map ");
        if (at != std::string::npos)
            say(router, network, std::string(six ? "ipv6" : "ip") + " protocol " + line,
                by_route_map(router.config, line.substr(at + 11), network), causes);
    }
}

// What zebra calls a route that no protocol has brought: its own static ones, or the kernel's,
// which are labd's and those that somebody has added with ip(8). Empty for all others.
std::string standing_as(const std::string& by) {
    if (by == "zstatic") return "static";
    return by == "static" || by == "boot" || by == std::to_string(marks::protocol) ? "kernel" : "";
}

// It is known by one protocol, and those that speak another one lack it.
void not_taken_over(const Router& router, const Prefix& network, const Routers& all,
                    CauseList& causes) {
    const std::string by = known_by(router, network);
    const auto known = processes_for(network);
    const auto source = std::find_if(known.begin(), known.end(),
                                     [&](const Speaker& process) { return by == process.kernel; });
    const std::string standing = standing_as(by), word = standing.empty() ? by : standing;
    if (source == known.end() && standing.empty()) return;
    for (const Speaker& process : known) {
        const std::string section = router.config.find(process.section);
        if (section.empty() || by == process.kernel) continue;
        bool tells = false;
        for (const std::string& line : lines_of(router, section, network))
            tells = tells || line.starts_with("network " + network.text()) ||
                    (line.starts_with("redistribute ") &&
                     (" " + line + " ").find(" " + word + " ") != std::string::npos);
        const bool lacked = std::any_of(all.begin(), all.end(), [&](const auto& other) {
            return !other.second.config.find(process.section).empty() &&
                   (source == known.end() || other.second.config.find(source->section).empty()) &&
                   known_by(other.second, network).empty();
        });
        if (tells || !lacked) continue;
        causes.add(router.name + " knows " + network.text() + " by " +
                   (standing.empty() ? source->name : "a static route") +
                   ", and does not tell it by " + process.name + " (no redistribute " + word +
                   " under " + section + ")");
    }
}

}  // namespace

void filter_causes(const Prefix& network, const Routers& all, CauseList& causes) {
    for (const auto& [name, router] : all) {
        bgp_filters(router, network, all, causes);
        process_filters(router, network, causes);
    }
    for (const auto& [name, router] : all) not_taken_over(router, network, all, causes);
}

}  // namespace labd::check
