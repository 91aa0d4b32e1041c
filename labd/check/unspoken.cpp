// Checks of routing protocols against the file: who could have told, and does not speak.
#include "labd/check/evidence.hpp"

#include <algorithm>
#include <set>

namespace labd::check {

std::vector<std::string> unspoken(const topology::Check& check, const topology::Lab& lab) {
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
    const auto speaks = [wanted = routing](const Node& node) {
        return std::find(node.routing.begin(), node.routing.end(), wanted) != node.routing.end();
    };
    for (const std::string& name : neighbors != nullptr ? neighbors->nodes : route->nodes) {
        const Node* node = lab.find(name);
        if (node == nullptr || node->routing.empty()) continue;
        if (!speaks(*node)) {
            out.push_back(name + " does not speak " + word);
            continue;
        }
        if (neighbors == nullptr) continue;
        std::set<std::string> others;
        for (const Interface& interface : node->interfaces)
            if (interface.segment < lab.segments.size())
                for (const End& end : lab.segments[interface.segment].ends)
                    if (lab.nodes[end.node].name != name && speaks(lab.nodes[end.node]))
                        others.insert(lab.nodes[end.node].name);
        std::string list;
        for (const std::string& other : others) list += (list.empty() ? "" : ", ") + other;
        out.push_back("by the file, " +
                      (others.empty()
                           ? "nobody beside " + name + " speaks " + word
                           : "those beside " + name + " that speak " + word + " are " + list));
    }
    if (route == nullptr) return out;
    const auto prefix = Prefix::parse(route->prefix.text);
    if (!prefix) return out;
    std::string at, tellers;
    for (const Segment& segment : lab.segments)
        for (const auto& network : {segment.ipv4, segment.ipv6})
            if (network && *network == *prefix)
                for (const End& end : segment.ends) {
                    const Node& node = lab.nodes[end.node];
                    at += (at.empty() ? "" : ", ") + node.name;
                    if (speaks(node)) tellers += (tellers.empty() ? "" : ", ") + node.name;
                }
    for (const Node& node : lab.nodes)
        if (std::find(node.loopbacks.begin(), node.loopbacks.end(), *prefix) !=
            node.loopbacks.end()) {
            at += (at.empty() ? "" : ", ") + node.name;
            if (speaks(node)) tellers += (tellers.empty() ? "" : ", ") + node.name;
        }
    out.push_back(at.empty() ? "no network of the file is " + prefix->text()
                  : tellers.empty()
                      ? "nobody at " + prefix->text() + " speaks " + word + " (" + at + ")"
                      : prefix->text() + " is " + tellers + "'s to announce");
    return out;
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
