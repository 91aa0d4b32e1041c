// OSPFv2 for IPv4 and OSPFv3 for IPv6, the same areas, costs and timers in both.
#include "topology/configure.hpp"

#include <algorithm>

namespace topology {
namespace {

// `word` is "ip ospf" or "ipv6 ospf6".
void lines(const Speakers& speakers, std::size_t index, const Port& port, const std::string& word,
           std::uint32_t area, FrrConfig& config) {
    const Interface& interface = *port.interface;
    const Node& node = speakers.lab.nodes[index];
    const auto say = [&](const std::string& rest) {
        config.line(interface.name, word + " " + rest);
    };
    say("area " + std::to_string(area));
    say("cost " + std::to_string(cost_of(interface)));
    if (is_passive(speakers, index, port, Routing::ospf)) return say("passive");
    if (port.point_to_point) say("network point-to-point");
    if (interface.priority) say("priority " + std::to_string(*interface.priority));
    const Timers& timers = timers_of(node, interface);
    if (timers.standard) return;
    say("hello-interval " + seconds(timers.hello));
    say("dead-interval " + seconds(timers.dead));
    say("retransmit-interval 1");
}

void add_ipv4(const std::string& id, const std::string& vrf, bool fast, bool way_out,
              FrrConfig& config) {
    std::vector<std::string> router{"ospf router-id " + id};
    if (fast)
        router.insert(router.end(), {"timers throttle spf 10 100 1000",
                                     "timers throttle lsa all 100", "timers lsa min-arrival 50"});
    if (way_out) router.emplace_back("default-information originate");
    config.block("router ospf" + vrf, router);
    config.daemon("ospfd");
}

void add_ipv6(const std::string& id, const std::string& vrf, bool fast, bool way_out,
              FrrConfig& config) {
    std::vector<std::string> router{"ospf6 router-id " + id};
    if (fast)
        router.insert(router.end(),
                      {"timers throttle spf 10 100 1000", "timers lsa min-arrival 50"});
    if (way_out) router.emplace_back("default-information originate");
    config.block("router ospf6" + vrf, router);
    config.daemon("ospf6d");
}

}  // namespace

std::optional<std::uint32_t> ospf_area(const Speakers& speakers, const Segment& segment,
                                       const End& self) {
    // The end's own word (or its link's) first; then what the nodes agree on.
    const auto told = [&](const End& end) { return speakers.lab.at(end).area; };
    const auto of_node = [&](const End& end) {
        return speakers.lab.nodes[end.node].area.value_or(0);
    };
    const auto said = [&](const End& end) { return told(end) && *told(end) != of_node(end); };
    std::optional<std::uint32_t> agreed;
    bool nodes_differ = false;
    for (const bool by_end : {true, false}) {
        for (const End& end : segment.ends) {
            if (!speakers.speaks(end.node, Routing::ospf) || said(end) != by_end) continue;
            const std::uint32_t area = by_end ? *told(end) : of_node(end);
            if (!agreed || (!by_end && *agreed == 0))
                agreed = area;
            else if (*agreed != area && (by_end || area != 0))
                nodes_differ = true;
        }
        if (agreed && by_end) break;
    }
    if (nodes_differ) return std::nullopt;
    return agreed ? agreed : told(self).value_or(of_node(self));
}

void configure_ospf(const Speakers& speakers, std::size_t index, FrrConfig& config) {
    if (!speakers.speaks(index, Routing::ospf)) return;
    const Node& node = speakers.lab.nodes[index];
    // An instance for each VRF, "" for none.
    std::map<std::string, std::pair<bool, bool>> instances;
    std::optional<std::uint32_t> loopback_area = node.area;
    bool backbone = false;
    for (const Port& port : ports_of(speakers.lab, index)) {
        const std::uint32_t area =
            ospf_area(speakers, *port.segment, {index, port.index}).value_or(0);
        if (port.ipv4) lines(speakers, index, port, "ip ospf", area, config);
        if (port.ipv6) lines(speakers, index, port, "ipv6 ospf6", area, config);
        auto& [any4, any6] = instances[port.interface->vrf];
        any4 |= port.ipv4;
        any6 |= port.ipv6;
        if (!port.interface->vrf.empty()) continue;
        backbone |= area == 0;
        if (!loopback_area) loopback_area = area;
    }
    // A loopback in an area that the node has no link in would be reached by nobody.
    if (!node.area && backbone) loopback_area = 0;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const bool has = std::any_of(node.loopbacks.begin(), node.loopbacks.end(),
                                     [&](const Prefix& p) { return p.ip.family == family; });
        if (!has) continue;
        auto& [any4, any6] = instances[""];
        (family == Family::ipv4 ? any4 : any6) = true;
        const std::string word = family == Family::ipv4 ? "ip ospf" : "ipv6 ospf6";
        config.line("lo", word + " area " + std::to_string(loopback_area.value_or(0)));
        config.line("lo", word + " passive");
    }
    // Five seconds between two versions of one LSA, and one before a neighbour takes it, are what
    // a network of machines needs; a lab starts all of its routers at once.
    const std::string id = router_id(speakers.lab, node);
    const bool fast = !node.timers.standard;
    for (const auto& [vrf, any] : instances) {
        const std::string own = vrf.empty() ? "" : " vrf " + vrf;
        const auto way_out = [&, &name = vrf](Family family) {
            return name.empty() && leads_out(speakers.lab, index, family);
        };
        if (any.first) add_ipv4(id, own, fast, way_out(Family::ipv4), config);
        if (any.second) add_ipv6(id, own, fast, way_out(Family::ipv6), config);
    }
}

}  // namespace topology
