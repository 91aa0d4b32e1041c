#include "topology/learned.hpp"

#include <algorithm>

namespace topology {

bool learns(const Interface& interface, Family family) {
    const AddressMode mode = family == Family::ipv4 ? interface.ipv4 : interface.ipv6;
    return mode == AddressMode::dhcp || mode == AddressMode::slaac;
}

bool learns(const Node& node) {
    return std::any_of(node.interfaces.begin(), node.interfaces.end(), [](const Interface& i) {
        return learns(i, Family::ipv4) || learns(i, Family::ipv6);
    });
}

Lab with_learned(Lab lab, const Learned& learned) {
    for (Node& node : lab.nodes) {
        const auto found = learned.find(node.name);
        if (found == learned.end()) continue;
        for (Interface& interface : node.interfaces) {
            const auto addresses = found->second.find(interface.name);
            if (addresses == found->second.end()) continue;
            for (const Prefix& address : addresses->second)
                if (learns(interface, address.ip.family)) interface.addresses.push_back(address);
        }
    }
    return lab;
}

}  // namespace topology
