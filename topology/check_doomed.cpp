// See check_doomed.hpp.
#include "topology/check_doomed.hpp"

#include "topology/routing.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <type_traits>

namespace topology {
namespace {

// The nodes that a check runs something at; empty where only kernels are read.
std::vector<std::string> askers(const Check& check) {
    return std::visit(
        [](const auto& s) -> std::vector<std::string> {
            using S = std::decay_t<decltype(s)>;
            if constexpr (std::is_same_v<S, subject::Ping> || std::is_same_v<S, subject::Connect> ||
                          std::is_same_v<S, subject::Http>)
                return s.from;
            else if constexpr (std::is_same_v<S, subject::Path>)
                return {s.from};
            else if constexpr (std::is_same_v<S, subject::Throughput>)
                return {s.from, s.to.text};
            else if constexpr (std::is_same_v<S, subject::Dns> ||
                               std::is_same_v<S, subject::Neighbors> ||
                               std::is_same_v<S, subject::ProtocolRoute> ||
                               std::is_same_v<S, subject::Run> ||
                               std::is_same_v<S, subject::Process> ||
                               std::is_same_v<S, subject::File> ||
                               std::is_same_v<S, subject::Sysctl>)
                return s.nodes;
            else
                return {};
        },
        check.subject);
}

// Nothing but labd and the file decides which devices and daemons it has.
bool is_as_written(const Node& node) {
    return node.exec.empty() && !node.root && !node.is_bridge() && !node.is_outside() &&
           std::all_of(node.services.begin(), node.services.end(),
                       [](const Service& service) { return service.generated; });
}

void refuse_absent_device(const Check& check, const Value& where, const Lab& lab,
                          Diagnostics& diagnostics) {
    const auto look = [&](const std::vector<std::string>& nodes, const std::string& dev) {
        if (dev.empty() || dev == "lo") return;
        for (const std::string& name : nodes) {
            const Node* node = lab.find(name);
            if (node == nullptr || !is_as_written(*node)) continue;
            std::vector<std::string> devices;
            for (const Interface& interface : node->interfaces) devices.push_back(interface.name);
            for (const Vrf& vrf : node->vrfs) devices.push_back(vrf.name);
            if (std::find(devices.begin(), devices.end(), dev) != devices.end()) continue;
            diagnostics.error("VALUE", where.where, name + " has no interface \"" + dev + "\"",
                              devices.empty() ? "it has none" : "it has " + join(devices));
            return;
        }
    };
    if (const auto* route = std::get_if<subject::Route>(&check.subject))
        look(route->nodes, route->dev);
    if (const auto* link = std::get_if<subject::Link>(&check.subject)) look(link->nodes, link->dev);
    if (const auto* address = std::get_if<subject::Address>(&check.subject))
        look(address->nodes, address->dev);
}

void refuse_silent_protocol(const Check& check, const Lab& lab, Diagnostics& diagnostics) {
    const auto* neighbors = std::get_if<subject::Neighbors>(&check.subject);
    if (neighbors == nullptr) return;
    const Routing wanted = neighbors->protocol == Protocol::bgp    ? Routing::bgp
                           : neighbors->protocol == Protocol::isis ? Routing::isis
                                                                   : Routing::ospf;
    for (const std::string& name : neighbors->nodes) {
        const Node* node = lab.find(name);
        // Who says nothing of routing may be told more by another file.
        if (node == nullptr || node->routing.empty() || !is_as_written(*node) ||
            !node->frr.text.empty() || speaks(*node, wanted) || configures_itself(*node))
            continue;
        diagnostics.error("VALUE", check.where,
                          name + " does not speak " +
                              (wanted == Routing::bgp    ? "BGP"
                               : wanted == Routing::isis ? "IS-IS"
                                                         : "OSPF"),
                          "routing = \"" + check.key.substr(0, check.key.find('-')) + "\" there");
        return;
    }
}

}  // namespace

void refuse_doomed(const Value& table, const Check& check, const Lab& lab,
                   Diagnostics& diagnostics) {
    const auto* throughput = std::get_if<subject::Throughput>(&check.subject);
    if (throughput != nullptr && check.within_s > 0 && check.within_s < throughput->time_s)
        diagnostics.error(
            "VALUE", table.find("within") != nullptr ? table.find("within")->where : check.where,
            "\"within\" is shorter than the measurement itself",
            "within = \"30s\", or time = \"1s\"");
    const std::vector<std::string> at = askers(check);
    if (check.during && check.during->kind == Fault::Kind::stop &&
        std::find(at.begin(), at.end(), check.during->node) != at.end())
        diagnostics.error("VALUE", check.during->where,
                          "the check is asked at " + check.during->node + ", which it stops",
                          "ask it at a node that runs on");
    const Value* subject = table.find(check.key);
    const Value* dev =
        subject != nullptr && subject->is(Value::Type::table) && subject->find("dev") != nullptr
            ? subject->find("dev")
            : table.find("dev");
    if (dev != nullptr) refuse_absent_device(check, *dev, lab, diagnostics);
    refuse_silent_protocol(check, lab, diagnostics);
}

}  // namespace topology
