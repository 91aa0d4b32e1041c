// IS-IS and RIP: what each end of a wire has been told, compared.
#include "labd/check/routing_evidence.hpp"
#include "labd/check/subjects.hpp"

#include <algorithm>
#include <set>
#include <sstream>

namespace labd::check {
namespace {

namespace json = boost::json;

struct Isis {
    bool on = false, passive = false, point_to_point = false;
    unsigned levels = 3;          // 1: level 1, 2: level 2
    std::set<std::string> areas;  // "49.0001"
    std::string system;           // "0000.0000.0001"
    std::string password;         // of hellos
    std::string area_password, domain_password;
    std::string state;  // of an adjacency on the interface; "" = none
};

unsigned levels_of(const std::string& words) {
    if (words == "level-1") return 1;
    return words == "level-2-only" || words == "level-2" ? 2 : 3;
}

std::string words_of_levels(unsigned levels) {
    return levels == 1 ? "1" : levels == 2 ? "2" : levels == 3 ? "1 and 2" : "none";
}

// { "areas": [ { "circuits": [ { "adj": "r2", "interface": "eth0", "state": "Up" } ] } ] }
std::string isis_state(const json::value& answer, const std::string& name) {
    std::string out;
    const json::value* areas = json_member(&answer, "areas");
    if (areas == nullptr || !areas->is_array()) return out;
    for (const json::value& area : areas->get_array()) {
        const json::value* circuits = json_member(&area, "circuits");
        if (circuits == nullptr || !circuits->is_array()) continue;
        for (const json::value& circuit : circuits->get_array())
            if (json_text(&circuit, "interface") == name && out != "Up")
                out = json_text(&circuit, "state");
    }
    return out;
}

Isis isis_of(const Router& router, const std::string& name, const json::value& answer) {
    Isis out;
    const auto& lines = router.interface(name);
    auto tag = FrrConfig::value(lines, "ip router isis");
    if (!tag) tag = FrrConfig::value(lines, "ipv6 router isis");
    out.on = tag.has_value();
    const auto& process = router.config.section("router isis " + tag.value_or(""));
    out.levels = levels_of(FrrConfig::value(process, "is-type").value_or("")) &
                 levels_of(FrrConfig::value(lines, "isis circuit-type").value_or(""));
    out.passive = FrrConfig::value(lines, "isis passive").has_value();
    out.point_to_point = FrrConfig::value(lines, "isis network").value_or("") == "point-to-point";
    out.password = FrrConfig::value(lines, "isis password").value_or("");
    out.area_password = FrrConfig::value(process, "area-password").value_or("");
    out.domain_password = FrrConfig::value(process, "domain-password").value_or("");
    // 49.0001.0000.0000.0001.00: the area, the system's six bytes, and a selector.
    constexpr std::size_t tail = 18;
    for (const std::string& net : FrrConfig::values(process, "net")) {
        if (net.size() <= tail) continue;
        out.areas.insert(net.substr(0, net.size() - tail));
        out.system = net.substr(net.size() - tail + 1, tail - 4);
    }
    out.state = isis_state(answer, name);
    return out;
}

bool share(const std::set<std::string>& one, const std::set<std::string>& other) {
    return std::any_of(one.begin(), one.end(),
                       [&](const std::string& area) { return other.contains(area); });
}

std::string list_of(const std::set<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : "+") + word;
    return out;
}

struct RipEnd {
    std::string send, receive;  // "2", "1 2"
};

// The table of `show ip rip status`: a name of 17 bytes, what is sent, what is taken.
std::optional<RipEnd> rip_end(const std::string& status, const std::string& name) {
    std::istringstream in(status);
    bool table = false;
    for (std::string line; std::getline(in, line);) {
        if (line.find("Interface ") != std::string::npos && line.find("Send") != std::string::npos)
            table = true;
        if (line.find("Routing for Networks") != std::string::npos) break;
        if (!table || one_line(line).substr(0, one_line(line).find(' ')) != name) continue;
        constexpr std::size_t send = 21, receive = 27, keys = 33;
        if (line.size() <= receive) continue;
        const auto cell = [&](std::size_t from, std::size_t to) {
            std::string out = one_line(line.substr(from, to - from));
            while (!out.empty() && out.back() == ' ') out.pop_back();
            return out;
        };
        return RipEnd{cell(send, receive), cell(receive, keys)};
    }
    return std::nullopt;
}

bool has_word(const std::string& words, const std::string& word) {
    std::istringstream in(words);
    for (std::string one; in >> one;)
        if (one == word) return true;
    return false;
}

bool rip_is_passive(const Router& router, const std::string& name) {
    const auto& lines = router.config.section("router rip");
    const bool all = FrrConfig::value(lines, "passive-interface default").has_value();
    const bool said = FrrConfig::value(lines, "passive-interface " + name).has_value();
    return said || (all && !FrrConfig::value(lines, "no passive-interface " + name));
}

// One way: what a sends and b does not take.
std::string unheard(const Router& a, const topology::Interface& ia, const RipEnd& from,
                    const Router& b, const topology::Interface& ib, const RipEnd& to) {
    std::istringstream in(from.send);
    for (std::string version; in >> version;)
        if (has_word(to.receive, version)) return "";
    return "version: " + a.name + "'s " + ia.name + " sends " + from.send + ", " + b.name + "'s " +
           ib.name + " takes " + to.receive;
}

}  // namespace

void isis_causes(const RouterWire& wire, CauseList& causes) {
    const Isis a = isis_of(wire.a, wire.ia.name, wire.a.answer(frr_says::isis_neighbors));
    const Isis b = isis_of(wire.b, wire.ib.name, wire.b.answer(frr_says::isis_neighbors));
    if (!a.on && !b.on) return;
    const std::string pair = wire.pair("IS-IS");
    if (!a.on || !b.on) {
        const Router& silent = a.on ? wire.b : wire.a;
        // A router without IS-IS is no neighbour of it.
        if (silent.config.find("router isis").empty() || has_bgp(wire)) return;
        return causes.add(pair + "not enabled on " + silent.name + "'s " +
                          (a.on ? wire.ib : wire.ia).name + " (no ip router isis for it)");
    }
    Differences why;
    if (a.passive) why.say(wire.a.name + "'s " + wire.ia.name + " is passive");
    if (b.passive) why.say(wire.b.name + "'s " + wire.ib.name + " is passive");
    if (!a.passive && !b.passive) {
        if ((a.levels & b.levels) == 0)
            why.values("level", words_of_levels(a.levels), words_of_levels(b.levels));
        else if ((a.levels & b.levels) == 1 && !share(a.areas, b.areas))
            why.values("area of level 1", list_of(a.areas), list_of(b.areas));
        why.values("network type", a.point_to_point ? "point-to-point" : "broadcast",
                   b.point_to_point ? "point-to-point" : "broadcast");
        why.secrets("password", wire, a.password, b.password);
        if (!a.system.empty() && a.system == b.system) why.say("the same system id " + a.system);
        if (a.state != "Up" || b.state != "Up")
            why.values("MTU", mtu_of(wire.a, wire.ia.name), mtu_of(wire.b, wire.ib.name));
        if ((a.levels & b.levels & 1) != 0)
            why.secrets("area password", wire, a.area_password, b.area_password);
        if ((a.levels & b.levels & 2) != 0)
            why.secrets("domain password", wire, a.domain_password, b.domain_password);
    }
    const bool up = a.state == "Up" && b.state == "Up";
    if (up && why.empty()) return;
    const std::string state = a.state == "Up" ? b.state : a.state;
    const std::string line = pair + (up ? "Up" : state.empty() ? "no adjacency" : state);
    if (why.empty())
        causes.weak(line + wire.place());
    else
        causes.add(line + " (" + why.text() + ")" + wire.place());
}

bool rip_speaks_on(const Router& router, const std::string& name) {
    for (const std::string& network :
         FrrConfig::values(router.config.section("router rip"), "network")) {
        if (network == name) return true;
        const auto prefix = topology::Prefix::parse(network);
        if (!prefix) continue;
        for (const Reading::Address& a : router.reading->addresses)
            if (a.dev == name && a.prefix.ip.family == prefix->ip.family &&
                prefix->contains(a.prefix.ip))
                return true;
    }
    return false;
}

void rip_causes(const RouterWire& wire, CauseList& causes) {
    for (const Router* router : {&wire.a, &wire.b})
        if (router->config.find("router rip").empty()) return;
    const bool on_a = rip_speaks_on(wire.a, wire.ia.name);
    const bool on_b = rip_speaks_on(wire.b, wire.ib.name);
    if (!on_a && !on_b) return;
    const std::string pair = wire.pair("RIP");
    if ((!on_a || !on_b) && has_bgp(wire)) return;
    if (!on_a || !on_b)
        return causes.add(pair + "not enabled on " + (on_a ? wire.b : wire.a).name + "'s " +
                          (on_a ? wire.ib : wire.ia).name + " (no network statement for it)");
    Differences why;
    if (rip_is_passive(wire.a, wire.ia.name))
        why.say(wire.a.name + "'s " + wire.ia.name + " is passive");
    if (rip_is_passive(wire.b, wire.ib.name))
        why.say(wire.b.name + "'s " + wire.ib.name + " is passive");
    const auto status = [](const Router& router) {
        const auto at = router.said.find(frr_says::rip_status);
        return at == router.said.end() ? std::string() : at->second;
    };
    const auto a = rip_end(status(wire.a), wire.ia.name);
    const auto b = rip_end(status(wire.b), wire.ib.name);
    if (a && b)
        for (const std::string& words : {unheard(wire.a, wire.ia, *a, wire.b, wire.ib, *b),
                                         unheard(wire.b, wire.ib, *b, wire.a, wire.ia, *a)})
            if (!words.empty()) why.say(words);
    const auto said = [](const Router& router, const topology::Interface& interface,
                         const std::string& words) {
        return FrrConfig::value(router.interface(interface.name), "ip rip authentication " + words)
            .value_or("");
    };
    const std::string mode_a = said(wire.a, wire.ia, "mode"),
                      mode_b = said(wire.b, wire.ib, "mode");
    why.values("authentication", mode_a.empty() ? "none" : mode_a,
               mode_b.empty() ? "none" : mode_b);
    if (!mode_a.empty() && !mode_b.empty()) {
        why.secrets("authentication string", wire, said(wire.a, wire.ia, "string"),
                    said(wire.b, wire.ib, "string"));
        why.secrets("authentication key-chain", wire, said(wire.a, wire.ia, "key-chain"),
                    said(wire.b, wire.ib, "key-chain"));
    }
    if (!why.empty()) causes.add(pair + "no routes (" + why.text() + ")");
}

}  // namespace labd::check
