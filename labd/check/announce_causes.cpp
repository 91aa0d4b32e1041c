// A network that its own router does not tell of, though it speaks a routing protocol.
#include "labd/check/routing_evidence.hpp"

#include <algorithm>

namespace labd::check {
namespace {

namespace json = boost::json;
using topology::Prefix;

bool redistributes(const FrrConfig::Lines& lines) {
    return FrrConfig::value(lines, "redistribute connected").has_value();
}

// The router's interface in the network; "" = none.
std::string interface_in(const Router& router, const Prefix& network) {
    for (const Reading::Address& a : router.reading->addresses)
        if (a.prefix.ip.family == network.ip.family && a.prefix.network() == network) return a.dev;
    return "";
}

struct Told {
    bool speaks = false, tells = false;
    std::string why;  // it does not
};

Told told_by_ospf(const Router& router, const Prefix& network, const std::string& interface) {
    const bool six = network.ip.family == topology::Family::ipv6;
    const std::string process = six ? "router ospf6" : "router ospf";
    Told out;
    const json::value all =
        router.answer(six ? frr_says::ospf6_interfaces : frr_says::ospf_interfaces);
    out.speaks = all.is_object() && !router.config.find(process).empty();
    const json::value* found = six ? json_member(&all, interface)
                                   : json_member(json_member(&all, "interfaces"), interface);
    out.tells = json_text(found, six ? "attachedToArea" : "ospfEnabled") == "true" ||
                redistributes(router.config.section(router.config.find(process)));
    out.why = std::string(six ? "OSPFv3" : "OSPF") + " is not enabled on its " + interface +
              " (no network or area statement for it)";
    return out;
}

Told told_by_isis(const Router& router, const Prefix& network, const std::string& interface) {
    const std::string words =
        network.ip.family == topology::Family::ipv6 ? "ipv6 router isis" : "ip router isis";
    Told out;
    out.speaks = !router.config.find("router isis").empty();
    out.tells = FrrConfig::value(router.interface(interface), words).has_value();
    for (const std::string& line : router.config.section(router.config.find("router isis")))
        out.tells = out.tells || (line.starts_with("redistribute ") &&
                                  line.find(" connected") != std::string::npos);
    out.why = "no " + words + " on its " + interface;
    return out;
}

Told told_by_rip(const Router& router, const Prefix& network, const std::string& interface) {
    Told out;
    if (network.ip.family == topology::Family::ipv6) return out;
    out.speaks = !router.config.find("router rip").empty();
    out.tells =
        rip_speaks_on(router, interface) || redistributes(router.config.section("router rip"));
    out.why = "RIP has no network statement for its " + interface;
    return out;
}

Told told_by_babel(const Router& router, const Prefix& network) {
    Told out;
    const auto& lines = router.config.section("router babel");
    const char* words = network.ip.family == topology::Family::ipv6 ? "redistribute ipv6 connected"
                                                                    : "redistribute ipv4 connected";
    out.speaks = !router.config.find("router babel").empty();
    out.tells = FrrConfig::value(lines, words).has_value();
    out.why = std::string("Babel has no ") + words;
    return out;
}

bool has_route_to(const Router& router, const Prefix& network) {
    const auto& routes = router.reading->routes;
    return std::any_of(routes.begin(), routes.end(), [&](const Reading::Route& route) {
        return route.table == 254 && route.destination == network;
    });
}

Told told_by_bgp(const Router& router, const Prefix& network) {
    Told out;
    const std::string process = router.config.find("router bgp");
    const bool six = network.ip.family == topology::Family::ipv6;
    const auto& lines = router.config.section(process + (six ? "/ipv6 unicast" : "/ipv4 unicast"));
    out.speaks = !process.empty();
    const bool checked =
        !FrrConfig::value(router.config.section(process), "no bgp network import-check");
    std::string others, idle;
    for (const char* word : {"network", "aggregate-address"})
        for (const std::string& one : FrrConfig::values(lines, word)) {
            const auto prefix = Prefix::parse(one.substr(0, one.find(' ')));
            if (!prefix) continue;
            const bool covers = prefix->ip.family == network.ip.family &&
                                prefix->length <= network.length && prefix->contains(network.ip);
            // A network statement tells what the router has as it stands there.
            if (covers && word == std::string("network") && checked && *prefix != network &&
                !has_route_to(router, *prefix))
                idle = prefix->text();
            else
                out.tells = out.tells || covers;
            others += (others.empty() ? "" : ", ") + prefix->text();
        }
    for (const std::string& line : lines)
        out.tells = out.tells || line.starts_with("redistribute ");
    out.why = "BGP has no network statement for it" +
              (others.empty() ? " and no redistribute" : ", only for " + others);
    if (!idle.empty())
        out.why += ", and it has no route to just " + idle + " (bgp network import-check)";
    return out;
}

}  // namespace

void announce_causes(const Prefix& network, const Routers& all, CauseList& causes) {
    std::vector<std::string> silent;
    for (const auto& [name, router] : all) {
        const std::string interface = interface_in(router, network);
        if (interface.empty()) continue;
        std::string why;
        bool speaks = false;
        for (const Told& one :
             {told_by_ospf(router, network, interface), told_by_isis(router, network, interface),
              told_by_rip(router, network, interface), told_by_babel(router, network),
              told_by_bgp(router, network)}) {
            if (!one.speaks) continue;
            // One protocol of several is enough; which of them leads there is not to be told.
            if (one.tells) return;
            speaks = true;
            why += (why.empty() ? "" : ", ") + one.why;
        }
        if (speaks) silent.push_back(name + " does not announce " + network.text() + ": " + why);
    }
    for (std::string& words : silent) causes.add(std::move(words));
}

}  // namespace labd::check
