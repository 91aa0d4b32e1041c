// OSPF for both families: adjacencies that do not come up.
#include "labd/check/routing_evidence.hpp"

#include <cstdlib>
#include <set>

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

// How packets are signed: by the interface's own word, else by its area's. FRR's own word is
// without the area's on some versions.
std::string signed_by(const Router& router, const std::string& interface, const std::string& area) {
    auto word = FrrConfig::value(router.interface(interface), "ip ospf authentication");
    const auto& lines = router.config.section(router.config.find("router ospf"));
    if (!word) word = FrrConfig::value(lines, "area " + area + " authentication");
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

// "stub", "nssa", "normal": neighbours must agree.
std::string kind_of_area(const Router& router, const char* process, const std::string& area) {
    const auto& lines = router.config.section(router.config.find(process));
    for (const char* kind : {"stub", "nssa"})
        if (FrrConfig::value(lines, "area " + area + " " + kind)) return kind;
    return "normal";
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
    const std::string area_a = json_text(x, "area"), area_b = json_text(y, "area");
    why.values("area", area_a, area_b);
    why.values("hello timers", seconds_of(json_text(x, "timerMsecs")),
               seconds_of(json_text(y, "timerMsecs")));
    why.values("dead timers", json_text(x, "timerDeadSecs"), json_text(y, "timerDeadSecs"));
    why.values("network type", json_text(x, "networkType"), json_text(y, "networkType"));
    if (area_a == area_b)
        why.values("kind of area " + area_a, kind_of_area(wire.a, "router ospf", area_a),
                   kind_of_area(wire.b, "router ospf", area_b));
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
    if (area_a == area_b)
        why.values("kind of area " + area_a, kind_of_area(wire.a, "router ospf6", area_a),
                   kind_of_area(wire.b, "router ospf6", area_b));
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
