#include "labd/features.hpp"

#include "labd/doctor_parts.hpp"

#include <map>
#include <set>
#include <string>

namespace labd {
namespace {

using Needs = std::map<std::string, topology::Where>;  // kind → where it is asked for first

Needs needs_of(const topology::Lab& lab) {
    Needs out;
    for (const topology::Node& node : lab.nodes) {
        bool vlans = node.vlan_filtering;
        for (const topology::Interface& interface : node.interfaces) {
            // Every lab needs these two, and labd does not start without.
            if (interface.kind != topology::DeviceKind::veth &&
                interface.kind != topology::DeviceKind::bridge)
                out.emplace(topology::kind_word(interface.kind), interface.where);
            vlans |= interface.vlan_filtering;
        }
        if (vlans) out.emplace("bridge with VLANs", node.where);
        if (node.mpls) out.emplace("mpls", *node.mpls);
        if (!node.vrfs.empty()) out.emplace("vrf", node.vrfs.front().where);
    }
    return out;
}

}  // namespace

topology::Diagnostics missing_features(const topology::Lab& lab) {
    // What a kernel has it keeps; a module that is not there may come.
    static std::set<std::string> there;
    topology::Diagnostics diagnostics;
    Needs needs = needs_of(lab);
    std::set<std::string> unknown;
    for (const auto& [kind, where] : needs)
        if (!there.contains(kind)) unknown.insert(kind);
    if (unknown.empty()) return diagnostics;
    const auto absent = doctor::absent_kinds(unknown);
    for (const std::string& kind : unknown) {
        const auto found = absent.find(kind);
        if (found == absent.end())
            there.insert(kind);
        else
            diagnostics.error("D67", needs[kind], "this kernel has no " + kind,
                              "module " + found->second + "; see `lab doctor`");
    }
    return diagnostics;
}

}  // namespace labd
