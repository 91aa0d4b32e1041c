// Neighbours of routing protocols that should be there and are not: what each side says, compared.
#include "labd/check/routing_evidence.hpp"
#include "labd/check/subjects.hpp"

#include <algorithm>
#include <sstream>

namespace labd::check {

namespace json = boost::json;

const json::value* json_member(const json::value* from, const std::string& key) {
    return from != nullptr && from->is_object() ? from->get_object().if_contains(key) : nullptr;
}

std::string json_text(const json::value* from, const std::string& key) {
    const json::value* value = json_member(from, key);
    if (value == nullptr) return "";
    if (value->is_string()) return std::string(value->get_string());
    return value->is_object() || value->is_array() ? "" : json::serialize(*value);
}

json::value Router::answer(const char* command) const {
    const auto at = said.find(command);
    if (at == said.end()) return nullptr;
    json::error_code error;
    json::value value = json::parse(at->second, error);
    return error ? json::value(nullptr) : value;
}

void Differences::secrets(const std::string& what, const RouterWire& wire, const std::string& one,
                          const std::string& other) {
    if (one == other) return;
    if (one.empty() || other.empty())
        say(what + ": " + (one.empty() ? wire.b : wire.a).name + " has one, " +
            (one.empty() ? wire.a : wire.b).name + " has none");
    else
        say(what + " of " + wire.a.name + " and " + wire.b.name + " differ");
}

void CauseList::add(std::string text) {
    constexpr std::size_t most = 6;
    if (causes_.size() < most && std::find(causes_.begin(), causes_.end(), text) == causes_.end())
        causes_.push_back(std::move(text));
}

void CauseList::forget(const std::function<bool(const std::string&)>& which) {
    for (std::vector<std::string>* list : {&causes_, &weak_, &last_}) std::erase_if(*list, which);
}

std::vector<std::string> CauseList::take() {
    for (std::string& text : weak_) add(std::move(text));
    weak_.clear();
    if (causes_.empty())
        for (std::string& text : last_) add(std::move(text));
    last_.clear();
    return std::move(causes_);
}

std::string mtu_of(const Router& router, const std::string& interface) {
    const Reading::Link* link = router.reading->link(interface);
    return link == nullptr ? "" : std::to_string(link->mtu);
}

void unequal_networks(const RouterWire& wire, Differences& differences) {
    const auto of = [](const Router& router, const std::string& interface) {
        std::vector<topology::Prefix> out;
        for (const Reading::Address& a : router.reading->addresses)
            if (a.dev == interface && a.prefix.ip.family == topology::Family::ipv4)
                out.push_back(a.prefix);
        return out;
    };
    const auto first = of(wire.a, wire.ia.name), second = of(wire.b, wire.ib.name);
    if (first.empty() || second.empty()) return;
    for (const topology::Prefix& one : first)
        for (const topology::Prefix& other : second)
            if (one.network() == other.network()) return;
    if (first.front().length != second.front().length &&
        (first.front().contains(second.front().ip) || second.front().contains(first.front().ip)))
        differences.values("prefix length", std::to_string(first.front().length),
                           std::to_string(second.front().length));
    else
        differences.values("network", first.front().text(), second.front().text());
}

namespace {

bool wants(const topology::Node& node, topology::Routing routing) {
    return std::find(node.routing.begin(), node.routing.end(), routing) != node.routing.end();
}

void silent_daemons(const Router& router, CauseList& causes) {
    const auto silent = [&](const char* command) {
        const auto at = router.said.find(command);
        return at != router.said.end() && at->second.find("is not running") != std::string::npos;
    };
    const std::pair<topology::Routing, std::pair<const char*, const char*>> all[] = {
        {topology::Routing::ospf, {frr_says::ospf_interfaces, "ospfd"}},
        {topology::Routing::bgp, {frr_says::bgp_neighbors, "bgpd"}},
        {topology::Routing::isis, {frr_says::isis_neighbors, "isisd"}},
        {topology::Routing::rip, {frr_says::rip_status, "ripd"}},
        {topology::Routing::babel, {frr_says::babel_interfaces, "babeld"}}};
    for (const auto& [routing, daemon] : all)
        if (wants(*router.node, routing) && silent(daemon.first))
            causes.add("service not running: " + std::string(daemon.second) + " at " + router.name);
}

// Rules that drop what its daemons say or hear.
void dropped_protocols(const Router& router, CauseList& causes) {
    const auto said = router.said.find(frr_says::nft);
    if (said == router.said.end()) return;
    struct Spoken {
        const char *process, *name;
        std::vector<std::string> words;
    };
    const Spoken all[] = {
        {"router ospf", "OSPF", {"protocol 89 ", "protocol ospf ", "l4proto 89 ", "l4proto ospf "}},
        {"router bgp", "BGP", {"tcp dport 179 ", "tcp dport bgp ", "tcp sport 179 "}},
        {"router rip", "RIP", {"udp dport 520 ", "udp dport router "}}};
    std::istringstream in(said->second);
    std::string table, chain;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string first, a, b;
        words >> first >> a >> b;
        if (first == "table") table = a + " " + b;
        if (first == "chain") chain = a;
        const std::string rule = one_line(line);
        if (!rule.ends_with(" drop") && rule.find(" reject") == std::string::npos) continue;
        for (const Spoken& spoken : all)
            if (!router.config.find(spoken.process).empty() &&
                std::any_of(spoken.words.begin(), spoken.words.end(),
                            [&](const auto& of) { return rule.find(of) != std::string::npos; }))
                causes.add("nft drop at " + router.name + ": chain " + chain + " of table " +
                           table + ": " + rule + " (" + spoken.name + ")");
    }
}

Routers routers_of(const Evidence& evidence, const topology::Lab& lab) {
    Routers out;
    for (const auto& [name, said] : evidence.routing) {
        Router router;
        router.name = name, router.node = lab.find(name), router.said = said;
        const auto reading = evidence.readings.find(name);
        if (router.node == nullptr || reading == evidence.readings.end()) continue;
        router.reading = &reading->second;
        if (const auto config = said.find(frr_says::config); config != said.end())
            router.config = FrrConfig(config->second);
        out.emplace(name, std::move(router));
    }
    return out;
}

// `wanted`: what there is no route to, if that is asked.
void wire_causes(const Evidence& evidence, const topology::Lab& lab, const RouterWire& wire,
                 const std::optional<topology::Prefix>& wanted, CauseList& causes) {
    for (const auto& [router, interface] :
         {std::pair(&wire.a, &wire.ia), std::pair(&wire.b, &wire.ib)}) {
        const Reading::Link* link = router->reading->link(interface->name);
        if (link != nullptr && link->up) continue;
        const std::string place =
            interface->link < lab.links.size() ? lab.links[interface->link].name : "";
        if (evidence.broke_link(place)) return;
        std::string text = "interface down: " + router->name + "'s " + interface->name +
                           (place.empty() ? "" : " (link " + place + ")");
        if (evidence.off_by_file.contains(place))
            causes.last(std::move(text));
        else if (evidence.asked.contains(wire.a.name) || evidence.asked.contains(wire.b.name))
            causes.add(std::move(text));
        else
            causes.weak(std::move(text));
        return;
    }
    // Each brings the routes of one family, and cannot help it that the other's are missing.
    if (!wanted || wanted->ip.family == topology::Family::ipv4) ospf_causes(wire, causes);
    if (!wanted || wanted->ip.family == topology::Family::ipv6) ospf6_causes(wire, causes);
    isis_causes(wire, causes);
    rip_causes(wire, causes);
    babel_causes(wire, causes);
}

// "BGP r1–r2: Active": a session over what the check itself has broken.
bool of_own_fault(const std::string& cause, const Evidence& evidence, const topology::Lab& lab) {
    if (!cause.starts_with("BGP ")) return false;
    const auto about = [&](const std::string& who) {
        return cause.starts_with("BGP " + who + "–") ||
               cause.find("–" + who + ": ") != std::string::npos;
    };
    for (const topology::Node& node : lab.nodes) {
        if (!evidence.broke_node(node.name)) continue;
        if (about(node.name)) return true;
        for (const topology::Interface& interface : node.interfaces)
            for (const topology::Prefix& address : interface.addresses)
                if (about(address.ip.text())) return true;
    }
    for (const topology::Link& link : lab.links)
        if (evidence.broke_link(link.name) && link.ends.size() > 1 &&
            std::all_of(link.ends.begin(), link.ends.end(),
                        [&](const topology::End& end) { return about(lab.nodes[end.node].name); }))
            return true;
    return false;
}

}  // namespace

bool has_bgp(const RouterWire& wire) {
    const json::value peers = wire.a.answer(frr_says::bgp_neighbors);
    return std::any_of(wire.b.reading->addresses.begin(), wire.b.reading->addresses.end(),
                       [&](const Reading::Address& address) {
                           return address.dev == wire.ib.name &&
                                  json_member(&peers, address.prefix.ip.text()) != nullptr;
                       });
}

std::vector<std::string> routing_commands() {
    return {frr_says::ospf_interfaces, frr_says::ospf_neighbors,  frr_says::ospf6_interfaces,
            frr_says::ospf6_neighbors, frr_says::bgp_neighbors,   frr_says::isis_neighbors,
            frr_says::rip_status,      frr_says::config,          frr_says::bgp_table4,
            frr_says::bgp_table6,      frr_says::babel_interfaces};
}

std::vector<std::string> routing_causes(const Evidence& evidence, const topology::Lab& lab,
                                        const std::optional<topology::Prefix>& wanted) {
    const Routers routers = routers_of(evidence, lab);
    CauseList causes;
    for (const auto& [name, words] : evidence.resting)
        if (const topology::Node* node = lab.find(name);
            node != nullptr && !evidence.broke_node(name) &&
            (node->kind == topology::Kind::router || !node->routing.empty()))
            causes.add(name + " " + words);
    for (const auto& [name, router] : routers) silent_daemons(router, causes);
    for (const auto& [name, router] : routers) dropped_protocols(router, causes);
    for (const topology::Segment& segment : lab.segments)
        for (std::size_t i = 0; i < segment.ends.size(); ++i)
            for (std::size_t k = i + 1; k < segment.ends.size(); ++k) {
                const auto a = routers.find(lab.nodes[segment.ends[i].node].name);
                const auto b = routers.find(lab.nodes[segment.ends[k].node].name);
                if (a == routers.end() || b == routers.end() || a == b) continue;
                wire_causes(
                    evidence, lab,
                    {a->second, b->second, lab.at(segment.ends[i]), lab.at(segment.ends[k])},
                    wanted, causes);
            }
    if (!wanted || wanted->ip.family == topology::Family::ipv4) ospf_domain_causes(routers, causes);
    for (const auto& [name, router] : routers) bgp_causes(router, routers, causes);
    if (evidence.fault)
        causes.forget([&](const std::string& one) { return of_own_fault(one, evidence, lab); });
    if (wanted) hidden_causes(*wanted, evidence.asked, routers, causes);
    if (wanted) filter_causes(*wanted, routers, causes);
    if (wanted) bgp_table_causes(*wanted, routers, causes);
    if (wanted) announce_causes(*wanted, routers, causes);
    return causes.take();
}

}  // namespace labd::check
