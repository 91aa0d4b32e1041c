// D43: what the host has no interface for, or cannot do without.
#include "labd/host_ties.hpp"
#include "netlink/keepsake.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <vector>

namespace labd {

std::pair<std::string, std::string> HostTies::trouble_of(const std::string& lab,
                                                         const std::string& device) const {
    // Of this very lab it is already, or in another one.
    for (const auto& [key, tie] : ties_) {
        if (tie.kind == HostTie::Kind::uplink || tie.outside != device) continue;
        if (key.lab == lab) return {};
        if (tie.kind == HostTie::Kind::moved)
            return {"\"" + device + "\" is in lab \"" + key.lab + "\"",
                    "lab -L " + key.lab + " down"};
    }
    netlink::Socket socket = host();
    std::vector<std::string> names;
    const std::vector<netlink::Link> links = netlink::links(socket);
    const netlink::Link* found = nullptr;
    for (const netlink::Link& link : links) {
        names.push_back(link.name);
        if (link.name == device) found = &link;
    }
    if (found == nullptr) {
        const std::string near = topology::did_you_mean(device, names);
        return {"no interface \"" + device + "\" on this host",
                near.empty() ? "ip link lists them" : near};
    }
    if (device == "lo" || device.starts_with(host_end_prefix))
        return {"\"" + device + "\" cannot leave the host", "an interface with a cable"};
    if (found->kind == "bridge") return {};
    for (const netlink::Link& other : links) {
        if (found->master == other.index)
            return {"\"" + device + "\" belongs to " + other.name,
                    other.kind == "bridge" ? "device = \"" + other.name + "\"" : ""};
        if (other.settings.lower == found->index && other.index != found->index)
            return {"\"" + other.name + "\" stands on \"" + device + "\"",
                    "device = \"" + other.name + "\", or take that away first"};
    }
    if (netlink::carries_default(netlink::keep(socket, found->index)))
        return {"\"" + device + "\" carries the default route of this host",
                "if you mean it: ip route del default, then lab up"};
    return {};
}

topology::Diagnostics HostTies::refused(const topology::Lab& lab) const {
    topology::Diagnostics diagnostics;
    for (const topology::Node& node : lab.nodes) {
        if (!node.is_outside()) continue;
        const auto [trouble, hint] = trouble_of(lab.name, node.device.text);
        if (!trouble.empty()) diagnostics.error("D43", node.device.where, trouble, hint);
    }
    return diagnostics;
}

}  // namespace labd
