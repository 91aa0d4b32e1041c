// Checks of routing protocols against the file: who could have told, and does not speak; and what
// is no cause of a failure.
#include "labd/check/routing_evidence.hpp"

#include <algorithm>
#include <set>

namespace labd::check {
namespace {

using topology::Routing;

bool has(const topology::Node& node, Routing routing) {
    return std::find(node.routing.begin(), node.routing.end(), routing) != node.routing.end();
}

// Of a configuration of its own the file says nothing: what runs does.
bool configures_itself(const topology::Node& node) {
    return has(node, Routing::frr) || has(node, Routing::bird);
}

// nullopt: nobody has told.
std::optional<bool> speaks(const topology::Node& node, Routing routing, const Evidence& evidence) {
    if (!configures_itself(node)) return has(node, routing);
    const auto told = evidence.routing.find(node.name);
    if (told == evidence.routing.end() || !told->second.contains(frr_says::config))
        return std::nullopt;
    const FrrConfig config(told->second.at(frr_says::config));
    const std::string process = routing == Routing::ospf   ? "router ospf"
                                : routing == Routing::bgp  ? "router bgp"
                                : routing == Routing::isis ? "router isis"
                                                           : "router rip";
    return !config.find(process).empty() ||
           (routing == Routing::ospf && !config.find("router ospf6").empty()) ||
           (routing == Routing::rip && !config.find("router ripng").empty());
}

}  // namespace

std::vector<std::string> unspoken(const topology::Check& check, const Evidence& evidence,
                                  const topology::Lab& lab) {
    using namespace topology;
    std::vector<std::string> out;
    const auto* neighbors = std::get_if<subject::Neighbors>(&check.subject);
    const auto* route = std::get_if<subject::ProtocolRoute>(&check.subject);
    if (neighbors == nullptr && route == nullptr) return out;
    const Protocol protocol = neighbors != nullptr ? neighbors->protocol : route->protocol;
    static constexpr std::pair<Routing, const char*> words[] = {{Routing::ospf, "OSPF"},
                                                                {Routing::bgp, "BGP"},
                                                                {Routing::isis, "IS-IS"},
                                                                {Routing::rip, "RIP"}};
    const auto& [routing, word] = words[static_cast<std::size_t>(protocol)];
    for (const std::string& name : neighbors != nullptr ? neighbors->nodes : route->nodes) {
        const Node* node = lab.find(name);
        if (node == nullptr || node->routing.empty()) continue;
        const std::optional<bool> spoken = speaks(*node, routing, evidence);
        if (has(*node, Routing::bird) && !spoken)
            out.push_back(name + " runs BIRD, and this check asks FRR (route = { node = \"" + name +
                          "\", … } asks the kernel)");
        if (spoken == false) out.push_back(name + " does not speak " + word);
        if (spoken != true || neighbors == nullptr) continue;
        std::set<std::string> others;
        bool by_file = !configures_itself(*node), all_told = true;
        for (const Interface& interface : node->interfaces)
            if (interface.segment < lab.segments.size())
                for (const End& end : lab.segments[interface.segment].ends) {
                    const Node& other = lab.nodes[end.node];
                    if (other.name == name) continue;
                    const std::optional<bool> its = speaks(other, routing, evidence);
                    by_file = by_file && !configures_itself(other);
                    all_told = all_told && its.has_value();
                    if (its == true) others.insert(other.name);
                }
        std::string list;
        for (const std::string& other : others) list += (list.empty() ? "" : ", ") + other;
        if (others.empty() && !all_told) continue;
        out.push_back((by_file ? "by the file, " : "as they are configured, ") +
                      (others.empty()
                           ? "nobody beside " + name + " speaks " + word
                           : "those beside " + name + " that speak " + word + " are " + list));
    }
    if (route == nullptr) return out;
    const auto prefix = Prefix::parse(route->prefix.text);
    if (!prefix) return out;
    std::string at, tellers;
    bool all_told = true;
    const auto stands_at = [&, wanted = routing](const Node& node) {
        const std::optional<bool> spoken = speaks(node, wanted, evidence);
        at += (at.empty() ? "" : ", ") + node.name;
        if (spoken == true) tellers += (tellers.empty() ? "" : ", ") + node.name;
        all_told = all_told && spoken.has_value();
    };
    for (const Segment& segment : lab.segments)
        for (const auto& network : {segment.ipv4, segment.ipv6})
            if (network && *network == *prefix)
                for (const End& end : segment.ends) stands_at(lab.nodes[end.node]);
    for (const Node& node : lab.nodes)
        if (std::find(node.loopbacks.begin(), node.loopbacks.end(), *prefix) !=
            node.loopbacks.end())
            stands_at(node);
    if (tellers.empty() && !all_told) return out;
    out.push_back(at.empty() ? "no network of the file is " + prefix->text()
                  : tellers.empty()
                      ? "nobody at " + prefix->text() + " speaks " + word + " (" + at + ")"
                      : prefix->text() + " is " + tellers + "'s to announce");
    return out;
}

std::string not_around(const topology::Fault& fault, const topology::Lab& lab) {
    bool routers = false, move = false;
    for (const topology::Node& node : lab.nodes) {
        if (!node.forwards()) continue;
        routers = true;
        for (const Routing routing : node.routing)
            move = move || (routing != Routing::static_ && routing != Routing::none);
    }
    const bool carries_on = fault.kind == topology::Fault::Kind::impair;
    if (routers && !move && !carries_on)
        return "static routes do not move when a link fails (" + fault.text + ")";
    return "the network did not get around the fault (" + fault.text + ")";
}

std::optional<topology::Prefix> network_asked_for(const topology::Check& check) {
    const auto of = [](const topology::Text& prefix, bool absent) {
        return absent ? std::nullopt : topology::Prefix::parse(prefix.text);
    };
    if (const auto* s = std::get_if<topology::subject::Route>(&check.subject))
        return of(s->prefix, s->absent);
    if (const auto* s = std::get_if<topology::subject::ProtocolRoute>(&check.subject))
        return of(s->prefix, s->absent);
    return std::nullopt;
}

}  // namespace labd::check
