// IS-IS level 2, one area, both families.
#include "topology/configure.hpp"

#include <algorithm>
#include <cmath>

namespace topology {
namespace {

// 49.0001.0000.0000.0012.00: the decimal digits of the node's id.
std::string network_entity(std::uint32_t id) {
    std::string digits = std::to_string(id);
    digits.insert(0, 12 - std::min<std::size_t>(digits.size(), 12), '0');
    return "49.0001." + digits.substr(0, 4) + "." + digits.substr(4, 4) + "." + digits.substr(8) +
           ".00";
}

}  // namespace

void configure_isis(const Speakers& speakers, std::size_t index, FrrConfig& config) {
    if (!speakers.speaks(index, Routing::isis)) return;
    const Node& node = speakers.lab.nodes[index];
    for (const Port& port : ports_of(speakers.lab, index)) {
        const Interface& interface = *port.interface;
        const auto say = [&](const std::string& text) { config.line(interface.name, text); };
        if (port.ipv4) say("ip router isis lab");
        if (port.ipv6) say("ipv6 router isis lab");
        if (!port.ipv4 && !port.ipv6) continue;
        say("isis circuit-type level-2-only");
        say("isis metric " + std::to_string(cost_of(interface)));
        if (is_passive(speakers, index, port, Routing::isis)) {
            say("isis passive");
            continue;
        }
        if (port.point_to_point) say("isis network point-to-point");
        if (interface.priority)
            say("isis priority " + std::to_string(std::min<unsigned>(*interface.priority, 127)));
        const Timers& timers = timers_of(node, interface);
        if (timers.standard) continue;
        say("isis hello-interval " + seconds(timers.hello));
        const long held = std::lround(std::ceil(timers.dead / std::max(timers.hello, 1.0)));
        say("isis hello-multiplier " + std::to_string(std::clamp(held, 2L, 100L)));
    }
    for (const Prefix& loopback : node.loopbacks)
        config.line("lo", loopback.ip.family == Family::ipv4 ? "ip router isis lab"
                                                             : "ipv6 router isis lab");
    if (!node.loopbacks.empty()) config.line("lo", "isis passive");

    std::vector<std::string> router{"net " + network_entity(node.id.value_or(0)),
                                    "is-type level-2-only"};
    // One topology for both families would send packets over links that lack theirs.
    if (speakers.isis_mixed) router.push_back("topology ipv6-unicast");
    // An LSP must pass every link whole; 3 bytes are LLC's.
    if (speakers.isis_mtu < 1500)
        router.push_back("lsp-mtu " + std::to_string(std::max(speakers.isis_mtu, 131U) - 3));
    if (!node.timers.standard) {
        router.push_back("lsp-gen-interval 1");
        router.push_back("spf-interval 1");
    }
    for (const Family family : {Family::ipv4, Family::ipv6})
        if (leads_out(speakers.lab, index, family))
            router.push_back(std::string("default-information originate ") +
                             (family == Family::ipv4 ? "ipv4" : "ipv6") + " level-2");
    config.block("router isis lab", router);
    config.daemon("isisd");
}

}  // namespace topology
