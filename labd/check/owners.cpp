// See owners.hpp.
#include "labd/check/owners.hpp"

#include "topology/stages.hpp"

#include <algorithm>

namespace labd::check {

using topology::Family;
using topology::FamilyWish;

Owners::Owners(const topology::Lab& lab) {
    const auto own = [&](const topology::Ip& ip, const std::string& node) {
        std::vector<std::string>& list = owners_[ip];
        if (std::find(list.begin(), list.end(), node) == list.end()) list.push_back(node);
    };
    for (const topology::Node& node : lab.nodes) {
        for (const topology::Prefix& prefix : node.loopbacks) own(prefix.ip, node.name);
        for (const topology::Interface& interface : node.interfaces) {
            own(interface.mac.link_local(), node.name);
            for (const topology::Prefix& prefix : interface.addresses) own(prefix.ip, node.name);
        }
    }
}

std::vector<std::string> Owners::of(const topology::Ip& ip) const {
    const auto at = owners_.find(ip);
    return at == owners_.end() ? std::vector<std::string>{} : at->second;
}

bool Owners::is(const topology::Ip& ip, const std::string& node) const {
    const auto at = owners_.find(ip);
    return at != owners_.end() &&
           std::find(at->second.begin(), at->second.end(), node) != at->second.end();
}

std::string Owners::name(const topology::Ip& ip) const {
    const auto at = owners_.find(ip);
    return at == owners_.end() ? ip.text() : at->second.front();
}

std::vector<Destination> destinations(const topology::Lab& lab, const std::string& from,
                                      const std::string& target, FamilyWish wish) {
    if (const auto ip = topology::Ip::parse(target)) return {{target, target, ip->family, ""}};
    const topology::Node* node = lab.find(target);
    if (node == nullptr) {
        std::optional<Family> family;
        if (wish == FamilyWish::ipv4) family = Family::ipv4;
        if (wish == FamilyWish::ipv6) family = Family::ipv6;
        return {{target, target, family, ""}};
    }
    const topology::Node* source = lab.find(from);
    const auto at = [&](Family family) -> std::optional<Destination> {
        const auto ip = topology::primary(*node, family);
        const bool speaks = source == nullptr || topology::primary(*source, family).has_value();
        if (!ip || !speaks) return std::nullopt;
        return Destination{target, ip->text(), family, ""};
    };
    const auto none = [&](const std::string& family) {
        const bool target_has =
            family == " IPv4"   ? topology::primary(*node, Family::ipv4).has_value()
            : family == " IPv6" ? topology::primary(*node, Family::ipv6).has_value()
                                : false;
        return Destination{target, "", std::nullopt,
                           (target_has ? from : target) + " has no" + family + " address"};
    };
    const Family first = lab.addressing.prefer;
    const Family second = first == Family::ipv4 ? Family::ipv6 : Family::ipv4;
    std::vector<Destination> out;
    switch (wish) {
        case FamilyWish::ipv4:
            return {at(Family::ipv4).value_or(none(" IPv4"))};
        case FamilyWish::ipv6:
            return {at(Family::ipv6).value_or(none(" IPv6"))};
        case FamilyWish::both:
            return {at(Family::ipv4).value_or(none(" IPv4")),
                    at(Family::ipv6).value_or(none(" IPv6"))};
        case FamilyWish::prefer:
            if (auto found = at(first)) return {*found};
            if (auto found = at(second)) return {*found};
            return {none("")};
    }
    return out;
}

std::vector<std::string> reachable_nodes(const topology::Lab& lab) {
    std::vector<std::string> out;
    for (const topology::Node& node : lab.nodes)
        if (node.has_process() &&
            (topology::primary(node, Family::ipv4) || topology::primary(node, Family::ipv6)))
            out.push_back(node.name);
    return out;
}

}  // namespace labd::check
