// OSPF for both families: adjacencies that do not come up.
#include "labd/check/routing_evidence.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace labd::check {
namespace {

namespace json = boost::json;

std::string before_slash(const std::string& state) {
    return state.substr(0, state.find('/'));
}

std::string seconds_of(const std::string& ms) {
    return ms.empty() ? ms : std::to_string(std::strtol(ms.c_str(), nullptr, 10) / 1000) + " s";
}

// "Full" and the like of the neighbour on this interface; "" = none.
std::string ospf_state(const json::value& adjacent, const std::string& interface,
                       const std::string& id) {
    const json::value* list = json_member(json_member(&adjacent, "neighbors"), id);
    if (list == nullptr || !list->is_array()) return "";
    for (const json::value& one : list->get_array()) {
        if (!json_text(&one, "ifaceName").starts_with(interface + ":")) continue;
        const std::string state = json_text(&one, "nbrState");
        return before_slash(state.empty() ? json_text(&one, "state") : state);
    }
    return "";
}

std::string ospf6_state(const json::value& adjacent, const std::string& interface) {
    const json::value* list = json_member(&adjacent, "neighbors");
    if (list == nullptr || !list->is_array()) return "";
    for (const json::value& one : list->get_array())
        if (json_text(&one, "interfaceName") == interface)
            return before_slash(json_text(&one, "state"));
    return "";
}

// What is wrong between neighbours is told of their wire.
bool on_one_wire(const Router& a, const Router& b) {
    for (const Reading::Address& one : a.reading->addresses)
        for (const Reading::Address& other : b.reading->addresses)
            if (one.dev != "lo" && one.prefix.ip.family == topology::Family::ipv4 &&
                one.prefix.network() == other.prefix.network())
                return true;
    return false;
}

// What is said of an area, by either of its names: 0.0.0.1 is 1.
std::optional<std::string> said_of_area(const FrrConfig::Lines& lines, const std::string& area,
                                        const std::string& words) {
    std::uint64_t number = 0;
    std::istringstream in(area);
    for (std::string part; std::getline(in, part, '.');)
        number = number * 256 + std::strtoul(part.c_str(), nullptr, 10);
    for (const std::string& name : {area, std::to_string(number)})
        if (auto found = FrrConfig::value(lines, "area " + name + " " + words)) return found;
    return std::nullopt;
}

// How packets are signed: by the interface's own word, else by its area's. FRR's own word is
// without the area's on some versions.
std::string signed_by(const Router& router, const std::string& interface, const std::string& area) {
    auto word = FrrConfig::value(router.interface(interface), "ip ospf authentication");
    const auto& lines = router.config.section(router.config.find("router ospf"));
    if (!word) word = said_of_area(lines, area, "authentication");
    if (!word || *word == "null") return "none";
    return word->empty() ? "simple" : *word;
}

// Key ids with their secrets, or the one simple password.
std::map<std::string, std::string> ospf_keys(const Router& router, const std::string& interface,
                                             const std::string& how) {
    std::map<std::string, std::string> out;
    const auto& lines = router.interface(interface);
    if (how == "simple")
        out[""] = FrrConfig::value(lines, "ip ospf authentication-key").value_or("");
    else
        for (const std::string& key : FrrConfig::values(lines, "ip ospf message-digest-key"))
            out[key.substr(0, key.find(' '))] = key;
    return out;
}

void ospf_signatures(const RouterWire& wire, const std::string& area_a, const std::string& area_b,
                     Differences& differences) {
    const std::string how = signed_by(wire.a, wire.ia.name, area_a);
    const std::string other = signed_by(wire.b, wire.ib.name, area_b);
    differences.values("authentication", how, other);
    if (how != other || how == "none") return;
    const auto keys = ospf_keys(wire.a, wire.ia.name, how);
    const auto others = ospf_keys(wire.b, wire.ib.name, how);
    if (keys == others) return;
    const auto ids = [](const std::map<std::string, std::string>& of) {
        std::string out;
        for (const auto& [id, secret] : of) out += (out.empty() ? "" : "+") + id;
        return out.empty() ? "none" : out;
    };
    if (ids(keys) != ids(others))
        differences.values("authentication key", ids(keys), ids(others));
    else
        differences.say("the authentication keys" +
                        (how == "simple" ? std::string() : " " + ids(keys)) + " of " + wire.a.name +
                        " and " + wire.b.name + " differ");
}

// "0.0.0.1 [Stub]" as ospfd shows it.
std::string without_kind(const std::string& area) {
    return area.substr(0, area.find(" ["));
}

// "stub", "nssa", "normal": neighbours must agree.
std::string kind_of_area(const Router& router, const char* process, const std::string& area) {
    const auto& lines = router.config.section(router.config.find(process));
    for (const char* kind : {"stub", "nssa"})
        if (said_of_area(lines, area, kind)) return kind;
    return "normal";
}

void kinds_of_area(const RouterWire& wire, const char* process, const std::string& area,
                   Differences& why) {
    const std::string a = kind_of_area(wire.a, process, area);
    const std::string b = kind_of_area(wire.b, process, area);
    if (a == b) return;
    if (a != "normal" && b != "normal") return why.values("kind of area " + area, a, b);
    const bool first = b == "normal";
    why.say((first ? wire.a : wire.b).name + " has area " + area + " as " +
            ((first ? a : b) == "stub" ? "a stub area" : "an NSSA") + ", " +
            (first ? wire.b : wire.a).name + " does not");
}

void report(const RouterWire& wire, const char* protocol, const std::string& state,
            const Differences& why, CauseList& causes) {
    if (state == "Full" && why.empty()) return;
    const std::string line = wire.pair(protocol) + (state.empty() ? "no adjacency" : state);
    if (why.empty())
        causes.weak(line + wire.place());
    else
        causes.add(line + " (" + why.text() + ")" + wire.place());
}

// True when one of them does not speak the protocol there; it has been said then.
bool one_is_silent(const RouterWire& wire, const char* protocol, bool on_a, bool on_b,
                   CauseList& causes) {
    if (on_a == on_b) return !on_a;
    // The border of what the protocol is spoken in.
    if (has_bgp(wire)) return true;
    causes.add(wire.pair(protocol) + "not enabled on " + (on_a ? wire.b : wire.a).name + "'s " +
               (on_a ? wire.ib : wire.ia).name + " (no network or area statement for it)");
    return true;
}

// Broadcast networks want one who leads.
void nobody_leads(const std::string& type, const json::value* x, const json::value* y,
                  Differences& why) {
    if (type == "BROADCAST" && json_text(x, "priority") == "0" && json_text(y, "priority") == "0")
        why.say("both have priority 0, so nobody is the designated router");
}

void passive_end(const RouterWire& wire, bool a, bool b, Differences& why) {
    if (a) why.say(wire.a.name + "'s " + wire.ia.name + " is passive");
    if (b) why.say(wire.b.name + "'s " + wire.ib.name + " is passive");
}

}  // namespace

void ospf_causes(const RouterWire& wire, CauseList& causes) {
    const json::value all_a = wire.a.answer(frr_says::ospf_interfaces);
    const json::value all_b = wire.b.answer(frr_says::ospf_interfaces);
    if (!all_a.is_object() || !all_b.is_object()) return;
    const json::value* x = json_member(json_member(&all_a, "interfaces"), wire.ia.name);
    const json::value* y = json_member(json_member(&all_b, "interfaces"), wire.ib.name);
    const bool on_a = json_text(x, "ospfEnabled") == "true";
    const bool on_b = json_text(y, "ospfEnabled") == "true";
    if (one_is_silent(wire, "OSPF", on_a, on_b, causes)) return;
    const std::string id_a = json_text(x, "routerId"), id_b = json_text(y, "routerId");
    const std::string state =
        ospf_state(wire.a.answer(frr_says::ospf_neighbors), wire.ia.name, id_b);
    Differences why;
    const std::string area_a = without_kind(json_text(x, "area"));
    const std::string area_b = without_kind(json_text(y, "area"));
    why.values("area", area_a, area_b);
    why.values("hello timers", seconds_of(json_text(x, "timerMsecs")),
               seconds_of(json_text(y, "timerMsecs")));
    why.values("dead timers", json_text(x, "timerDeadSecs"), json_text(y, "timerDeadSecs"));
    why.values("network type", json_text(x, "networkType"), json_text(y, "networkType"));
    if (area_a == area_b) kinds_of_area(wire, "router ospf", area_a, why);
    ospf_signatures(wire, area_a, area_b, why);
    if (state != "Full") {
        const auto ignores = [](const Router& router, const std::string& interface) {
            return FrrConfig::value(router.interface(interface), "ip ospf mtu-ignore").has_value();
        };
        if (!ignores(wire.a, wire.ia.name) || !ignores(wire.b, wire.ib.name))
            why.values("MTU", mtu_of(wire.a, wire.ia.name), mtu_of(wire.b, wire.ib.name));
        if (json_text(x, "networkType") != "POINTOPOINT") unequal_networks(wire, why);
        nobody_leads(json_text(x, "networkType"), x, y, why);
    }
    if (id_a == id_b) why.say("the same router id " + id_a);
    passive_end(wire, json_text(x, "timerPassiveIface") == "true",
                json_text(y, "timerPassiveIface") == "true", why);
    report(wire, "OSPF", state, why, causes);
}

void ospf_domain_causes(const Routers& all, CauseList& causes) {
    std::map<std::string, std::vector<const Router*>> by_id;
    std::map<std::string, std::set<std::string>> areas;  // with the routers that are in them
    bool bridged = false;
    for (const auto& [name, router] : all) {
        const json::value answer = router.answer(frr_says::ospf_interfaces);
        const json::value* interfaces = json_member(&answer, "interfaces");
        if (interfaces == nullptr || !interfaces->is_object()) continue;
        std::string id;
        for (const auto& [interface, told] : interfaces->get_object()) {
            if (json_text(&told, "ospfEnabled") != "true") continue;
            id = json_text(&told, "routerId");
            areas[without_kind(json_text(&told, "area"))].insert(name);
        }
        if (!id.empty()) by_id[id].push_back(&router);
        const auto& lines = router.config.section(router.config.find("router ospf"));
        for (const std::string& line : lines)
            bridged = bridged || line.find(" virtual-link ") != std::string::npos;
        const auto originates = FrrConfig::value(lines, "default-information originate");
        const auto& routes = router.reading->routes;
        if (originates && originates->find("always") == std::string::npos &&
            std::none_of(routes.begin(), routes.end(), [](const Reading::Route& route) {
                return route.destination.is_default() &&
                       route.destination.ip.family == topology::Family::ipv4;
            }))
            causes.weak(name +
                        " announces no default route by OSPF, as it has none itself "
                        "(default-information originate always)");
    }
    for (const auto& [id, routers] : by_id)
        for (std::size_t i = 1; i < routers.size(); ++i)
            if (!on_one_wire(*routers[0], *routers[i]))
                causes.add("OSPF: " + routers[0]->name + " and " + routers[i]->name +
                           " have the same router id " + id);
    if (areas.size() < 2 || bridged) return;
    const std::set<std::string> backbone = areas["0.0.0.0"];
    for (const auto& [area, inside] : areas) {
        if (area == "0.0.0.0" || std::any_of(inside.begin(), inside.end(), [&](const auto& name) {
                return backbone.contains(name);
            }))
            continue;
        std::string list;
        for (const std::string& name : inside) list += (list.empty() ? "" : ", ") + name;
        causes.add("OSPF: area " + area +
                   " is not connected to area 0 (none of its routers is in "
                   "area 0 as well: " +
                   list + ")");
    }
}

void ospf6_causes(const RouterWire& wire, CauseList& causes) {
    const json::value all_a = wire.a.answer(frr_says::ospf6_interfaces);
    const json::value all_b = wire.b.answer(frr_says::ospf6_interfaces);
    if (!all_a.is_object() || !all_b.is_object()) return;
    const json::value* x = json_member(&all_a, wire.ia.name);
    const json::value* y = json_member(&all_b, wire.ib.name);
    const bool on_a = json_text(x, "attachedToArea") == "true";
    const bool on_b = json_text(y, "attachedToArea") == "true";
    if (one_is_silent(wire, "OSPFv3", on_a, on_b, causes)) return;
    const std::string state = ospf6_state(wire.a.answer(frr_says::ospf6_neighbors), wire.ia.name);
    Differences why;
    const std::string area_a = json_text(x, "areaId"), area_b = json_text(y, "areaId");
    why.values("area", area_a, area_b);
    for (const auto& [what, key] :
         {std::pair("hello timers", "timerIntervalsConfigHello"),
          std::pair("dead timers", "timerIntervalsConfigDead"), std::pair("network type", "type"),
          std::pair("instance", "instanceId")})
        why.values(what, json_text(x, key), json_text(y, key));
    if (area_a == area_b) kinds_of_area(wire, "router ospf6", area_a, why);
    why.values("authentication", json_text(json_member(x, "authInfo"), "authType"),
               json_text(json_member(y, "authInfo"), "authType"));
    if (state != "Full") {
        // Its own figure: it may have been told another one than the interface has.
        if (json_text(x, "mtuMismatchDetection") != "disabled" ||
            json_text(y, "mtuMismatchDetection") != "disabled")
            why.values("MTU", json_text(x, "interfaceMtu"), json_text(y, "interfaceMtu"));
        nobody_leads(json_text(x, "type"), x, y, why);
    }
    const auto id = [](const Router& router) {
        return FrrConfig::value(router.config.section("router ospf6"), "ospf6 router-id")
            .value_or("");
    };
    if (!id(wire.a).empty() && id(wire.a) == id(wire.b))
        why.say("the same router id " + id(wire.a));
    const auto passive = [](const Router& router, const std::string& interface) {
        return FrrConfig::value(router.interface(interface), "ipv6 ospf6 passive").has_value();
    };
    passive_end(wire, passive(wire.a, wire.ia.name), passive(wire.b, wire.ib.name), why);
    report(wire, "OSPFv3", state, why, causes);
}

}  // namespace labd::check
