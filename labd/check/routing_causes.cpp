// Neighbours of routing protocols that should be there and are not: what each side says, compared.
#include "labd/check/evidence.hpp"
#include "labd/check/subjects.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace labd::check {
namespace {

namespace json = boost::json;

constexpr const char* ospf_interfaces = "show ip ospf interface json";
constexpr const char* ospf_neighbors = "show ip ospf neighbor json";
constexpr const char* bgp_neighbors = "show bgp neighbors json";
constexpr const char* isis_neighbors = "show isis neighbor json";
constexpr const char* rip_status = "show ip rip status";

const json::value* member(const json::value* from, const std::string& key) {
    return from != nullptr && from->is_object() ? from->get_object().if_contains(key) : nullptr;
}

std::string text(const json::value* from, const std::string& key) {
    const json::value* value = member(from, key);
    if (value == nullptr) return "";
    if (value->is_string()) return std::string(value->get_string());
    return value->is_object() || value->is_array() ? "" : json::serialize(*value);
}

bool flag(const json::value* from, const std::string& key) {
    return text(from, key) == "true";
}

struct Router {
    std::string name;
    const topology::Node* node = nullptr;
    const Reading* reading = nullptr;
    std::map<std::string, std::string> said;
    json::value interfaces, adjacent, peers;  // null when the daemon does not answer
};

json::value parsed(const std::map<std::string, std::string>& said, const char* command) {
    const auto at = said.find(command);
    if (at == said.end()) return nullptr;
    json::error_code error;
    json::value value = json::parse(at->second, error);
    return error ? json::value(nullptr) : value;
}

bool wants(const topology::Node& node, topology::Routing routing) {
    return std::find(node.routing.begin(), node.routing.end(), routing) != node.routing.end();
}

class Comparison {
  public:
    Comparison(const Evidence& evidence, const topology::Lab& lab) : lab_(lab) {
        for (const auto& [name, said] : evidence.routing) {
            Router router;
            router.name = name, router.node = lab.find(name), router.said = said;
            const auto reading = evidence.readings.find(name);
            if (router.node == nullptr || reading == evidence.readings.end()) continue;
            router.reading = &reading->second;
            router.interfaces = parsed(said, ospf_interfaces);
            router.adjacent = parsed(said, ospf_neighbors);
            router.peers = parsed(said, bgp_neighbors);
            routers_.emplace(name, std::move(router));
        }
    }

    std::vector<std::string> run() {
        for (const auto& [name, router] : routers_) daemons(router);
        for (const topology::Segment& segment : lab_.segments)
            for (std::size_t i = 0; i < segment.ends.size(); ++i)
                for (std::size_t k = i + 1; k < segment.ends.size(); ++k)
                    wire(segment.ends[i], segment.ends[k]);
        for (const auto& [name, router] : routers_) sessions(router);
        for (std::string& text : weak_) add(std::move(text));
        return std::move(causes_);
    }

  private:
    void add(std::string text) {
        if (causes_.size() < 6 && std::find(causes_.begin(), causes_.end(), text) == causes_.end())
            causes_.push_back(std::move(text));
    }

    void daemons(const Router& router) {
        const auto silent = [&](const char* command) {
            const auto at = router.said.find(command);
            return at != router.said.end() &&
                   at->second.find("is not running") != std::string::npos;
        };
        const std::pair<topology::Routing, std::pair<const char*, const char*>> all[] = {
            {topology::Routing::ospf, {ospf_interfaces, "ospfd"}},
            {topology::Routing::bgp, {bgp_neighbors, "bgpd"}},
            {topology::Routing::isis, {isis_neighbors, "isisd"}},
            {topology::Routing::rip, {rip_status, "ripd"}}};
        for (const auto& [routing, daemon] : all)
            if (wants(*router.node, routing) && silent(daemon.first))
                add("service not running: " + std::string(daemon.second) + " at " + router.name);
    }

    const Router* router_of(const topology::End& end) const {
        const auto at = routers_.find(lab_.nodes[end.node].name);
        return at == routers_.end() ? nullptr : &at->second;
    }

    void wire(const topology::End& first, const topology::End& second) {
        const Router* a = router_of(first);
        const Router* b = router_of(second);
        if (a == nullptr || b == nullptr || a == b) return;
        const topology::Interface &ia = lab_.at(first), &ib = lab_.at(second);
        for (const auto& [router, interface] : {std::pair(a, &ia), std::pair(b, &ib)}) {
            const Reading::Link* link = router->reading->link(interface->name);
            if (link == nullptr || !link->up)
                return add("interface down: " + router->name + "'s " + interface->name + " (link " +
                           lab_.links[interface->link].name + ")");
        }
        ospf(*a, ia, *b, ib);
    }

    static const json::value* ospf_interface(const Router& router, const std::string& name) {
        return member(member(&router.interfaces, "interfaces"), name);
    }

    // "Full" and the like of the neighbour on this interface; "" = none.
    static std::string state_on(const Router& router, const std::string& interface,
                                const std::string& id) {
        const json::value* list = member(member(&router.adjacent, "neighbors"), id);
        if (list == nullptr || !list->is_array()) return "";
        for (const json::value& one : list->get_array()) {
            if (!text(&one, "ifaceName").starts_with(interface + ":")) continue;
            std::string state = text(&one, "nbrState");
            if (state.empty()) state = text(&one, "state");
            return state.substr(0, state.find('/'));
        }
        return "";
    }

    void ospf(const Router& a, const topology::Interface& ia, const Router& b,
              const topology::Interface& ib) {
        const json::value* x = ospf_interface(a, ia.name);
        const json::value* y = ospf_interface(b, ib.name);
        const bool on_a = flag(x, "ospfEnabled"), on_b = flag(y, "ospfEnabled");
        if (!a.interfaces.is_object() || !b.interfaces.is_object() || (!on_a && !on_b)) return;
        const std::string pair = "OSPF " + a.name + "–" + b.name + ": ";
        if (!on_a || !on_b) {
            const Router& silent = on_a ? b : a;
            add(pair + "not enabled on " + silent.name + "'s " + (on_a ? ib.name : ia.name) +
                " (no network or area statement for it)");
            return;
        }
        const std::string state = state_on(a, ia.name, text(y, "routerId"));
        std::string why;
        const auto differ = [&](const char* what, const std::string& one,
                                const std::string& other) {
            if (!one.empty() && !other.empty() && one != other)
                why += (why.empty() ? "" : ", ") + std::string(what) + " " + one + " vs " + other;
        };
        const auto seconds = [](const std::string& ms) {
            return ms.empty() ? ms
                              : std::to_string(std::strtol(ms.c_str(), nullptr, 10) / 1000) + " s";
        };
        differ("area", text(x, "area"), text(y, "area"));
        differ("hello timers", seconds(text(x, "timerMsecs")), seconds(text(y, "timerMsecs")));
        differ("dead timers", text(x, "timerDeadSecs"), text(y, "timerDeadSecs"));
        differ("network type", text(x, "networkType"), text(y, "networkType"));
        if (state != "Full") {
            differ("MTU", std::to_string(a.reading->link(ia.name)->mtu),
                   std::to_string(b.reading->link(ib.name)->mtu));
            differ("prefix length", text(x, "ipAddressPrefixlen"), text(y, "ipAddressPrefixlen"));
        }
        if (text(x, "routerId") == text(y, "routerId"))
            why += (why.empty() ? "" : ", ") + std::string("the same router id ") +
                   text(x, "routerId");
        for (const auto& [router, interface, of] : {std::tuple(&a, &ia, x), std::tuple(&b, &ib, y)})
            if (flag(of, "timerPassiveIface"))
                why += (why.empty() ? "" : ", ") + router->name + "'s " + interface->name +
                       " is passive";
        if (state == "Full" && why.empty()) return;
        std::string line =
            pair + (state.empty() ? "no adjacency" : state) + (why.empty() ? "" : " (" + why + ")");
        if (why.empty())
            weak_.push_back(std::move(line));
        else
            add(std::move(line));
    }

    const Router* holder(const std::string& address) const {
        const auto ip = topology::Ip::parse(address);
        for (const auto& [name, router] : routers_)
            for (const Reading::Address& a : router.reading->addresses)
                if (ip && a.prefix.ip == *ip) return &router;
        return nullptr;
    }

    // The session of `other` with one of the router's addresses.
    static const json::value* back(const Router& other, const Router& router, bool six) {
        for (const Reading::Address& a : router.reading->addresses)
            if ((a.prefix.ip.family == topology::Family::ipv6) == six)
                if (const json::value* found = member(&other.peers, a.prefix.ip.text()))
                    return found;
        return nullptr;
    }

    void sessions(const Router& router) {
        if (!router.peers.is_object()) return;
        for (const auto& [key, peer] : router.peers.get_object()) {
            const std::string address(key);
            if (!topology::Ip::parse(address) || !peer.is_object()) continue;
            session(router, address, &peer);
        }
    }

    void session(const Router& router, const std::string& address, const json::value* peer) {
        const std::string state = text(peer, "bgpState");
        const Router* other = holder(address);
        const std::string pair =
            "BGP " + router.name + "–" + (other == nullptr ? address : other->name) + ": ";
        if (state == "Established") return policy(pair, peer);
        const std::string remote = text(peer, "remoteAs");
        if (text(peer, "adminShutDown") == "true")
            return add(pair + state + " (" + router.name + " has shut its neighbor down)");
        if (other == nullptr)
            return add(pair + state + " (wrong neighbor address: " + address +
                       " is nobody's address)");
        if (!other->peers.is_object())
            return add(pair + state + " (bgpd is not running at " + other->name + ")");
        const json::value* mirror = back(*other, router, address.find(':') != std::string::npos);
        std::string local;
        for (const auto& [key, value] : other->peers.get_object())
            if (local.empty()) local = text(&value, "localAs");
        if (mirror != nullptr) local = text(mirror, "localAs");
        if (!local.empty() && local != remote)
            return add(pair + state + " (AS mismatch: " + router.name + " expects AS " + remote +
                       ", " + other->name + " is AS " + local + ")");
        if (mirror == nullptr)
            return add(pair + state + " (" + other->name + " has no neighbor statement for " +
                       router.name + ")");
        const std::string reason = text(peer, "lastNotificationReason");
        weak_.push_back(pair + state + (reason.empty() ? "" : " (" + one_line(reason, 80) + ")"));
    }

    void policy(const std::string& pair, const json::value* peer) {
        const json::value* families = member(peer, "addressFamilyInfo");
        if (families == nullptr || !families->is_object()) return;
        for (const auto& [name, family] : families->get_object())
            for (const char* key : {"inboundEbgpRequiresPolicy", "outboundEbgpRequiresPolicy"})
                if (!text(&family, key).empty())
                    add(pair + "Established, but " + one_line(text(&family, key), 80) +
                        " (no bgp ebgp-requires-policy, or a route-map)");
    }

    const topology::Lab& lab_;
    std::map<std::string, Router> routers_;
    std::vector<std::string> causes_, weak_;
};

}  // namespace

std::vector<std::string> routing_commands() {
    return {ospf_interfaces, ospf_neighbors, bgp_neighbors, isis_neighbors, rip_status};
}

std::vector<std::string> routing_causes(const Evidence& evidence, const topology::Lab& lab) {
    return Comparison(evidence, lab).run();
}

}  // namespace labd::check
