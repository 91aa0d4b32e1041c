// JSON to values, forgiving about what is missing: an older or newer labd may answer.
#include "cli/wire.hpp"

#include "cli/error.hpp"
#include "cli/json_field.hpp"

#include <boost/json.hpp>

#include <cmath>

namespace cli {
namespace {

using boost::json::object;
using boost::json::value;

using Memory = boost::json::monotonic_resource;

std::uint64_t integer(const object& from, const char* key) {
    const double d = number(from, key);
    return d > 0 ? static_cast<std::uint64_t>(d) : 0;
}

bool flag(const object& from, const char* key) {
    const value* v = from.if_contains(key);
    return v != nullptr && v->is_bool() && v->get_bool();
}

template <class Use>
void each(const object& from, const char* key, Use use) {
    const value* v = from.if_contains(key);
    if (v == nullptr || !v->is_array()) return;
    for (const value& item : v->get_array()) use(item);
}

std::vector<std::string> texts(const object& from, const char* key) {
    std::vector<std::string> out;
    each(from, key, [&](const value& v) {
        if (v.is_string()) out.emplace_back(v.get_string());
    });
    return out;
}

template <class Use>
void each_object(const object& from, const char* key, Use use) {
    each(from, key, [&](const value& v) {
        if (v.is_object()) use(v.get_object());
    });
}

InterfaceState interface(const object& o) {
    InterfaceState i;
    i.name = text(o, "name"), i.mac = text(o, "mac");
    i.link = text(o, "link"), i.peer = text(o, "peer");
    i.addresses = texts(o, "addresses");
    i.mtu = integer(o, "mtu"), i.rx_bytes = integer(o, "rx_bytes");
    i.tx_bytes = integer(o, "tx_bytes");
    i.up = flag(o, "up"), i.carrier = flag(o, "carrier");
    return i;
}

NodeState node(const object& o) {
    NodeState n;
    n.name = text(o, "name"), n.kind = text(o, "kind"), n.state = text(o, "state");
    n.reason = text(o, "reason"), n.netns = text(o, "netns"), n.level = text(o, "level");
    if (const std::uint64_t pid = integer(o, "pid"); pid > 0) n.pid = pid;
    n.uptime = number(o, "uptime");
    n.addresses = texts(o, "addresses");
    each_object(o, "interfaces", [&](const object& i) { n.interfaces.push_back(interface(i)); });
    each_object(o, "services", [&](const object& s) {
        n.services.push_back(
            {text(s, "name"), text(s, "state"), text(s, "text"), integer(s, "restarts")});
    });
    return n;
}

std::string shown(const value& v) {
    return v.is_string() ? std::string(v.get_string()) : boost::json::serialize(v);
}

// What was asked of a link beside its file, in words.
std::string asked(const object& o) {
    std::string out =
        text(o, "state") + (text(o, "by") == "check" ? " for a check" : ", asked for");
    const value* remaining = o.if_contains("remaining");
    if (remaining != nullptr && remaining->is_number())
        out += ", " + std::to_string(std::lround(std::ceil(number(o, "remaining")))) + " s more";
    return out;
}

LinkState::Impairment impairment(const object& o) {
    LinkState::Impairment out;
    const value* impairment = o.if_contains("impairment");
    if (impairment != nullptr && impairment->is_object())
        for (const auto& [key, v] : impairment->get_object())
            out.emplace_back(std::string(key), shown(v));
    return out;
}

// That its impairments are not those of its file, in words.
std::string impaired(const object& o) {
    std::string out = text(o, "by") == "check" ? "impaired by a check" : "impaired by hand";
    const value* remaining = o.if_contains("remaining");
    if (remaining != nullptr && remaining->is_number())
        out += ", " + std::to_string(std::lround(std::ceil(number(o, "remaining")))) + " s more";
    return out;
}

LinkState link(const object& o) {
    LinkState l;
    l.name = text(o, "name"), l.state = text(o, "state"), l.mtu = integer(o, "mtu");
    each_object(o, "ends", [&](const object& e) {
        l.ends.push_back({text(e, "node"), text(e, "interface"), impairment(e)});
    });
    const value* over = o.if_contains("asked");
    if (over != nullptr && over->is_object()) l.asked = asked(over->get_object());
    const value* by_hand = o.if_contains("impaired");
    if (by_hand != nullptr && by_hand->is_object()) l.impaired = impaired(by_hand->get_object());
    l.impairment = impairment(o);
    l.back_end = text(o, "backend");
    const value* undone = o.if_contains("undone");
    if (undone != nullptr && undone->is_array())
        for (const value& key : undone->get_array()) l.undone.push_back(shown(key));
    return l;
}

}  // namespace

const NodeState* LabState::find(std::string_view node) const {
    for (const NodeState& n : nodes)
        if (n.name == node) return &n;
    return nullptr;
}

std::vector<LabSummary> parse_labs(std::string_view body) {
    std::vector<LabSummary> labs;
    Memory memory;
    each_object(parse_object(body, memory), "labs", [&](const object& o) {
        LabSummary lab;
        lab.name = text(o, "name"), lab.state = text(o, "state"), lab.reason = text(o, "reason");
        lab.owner = text(o, "owner"), lab.file = text(o, "file");
        lab.description = text(o, "description");
        lab.nodes = integer(o, "nodes"), lab.links = integer(o, "links");
        lab.age = number(o, "age");
        labs.push_back(std::move(lab));
    });
    return labs;
}

LabState parse_lab(std::string_view body) {
    Memory memory;
    const object top = parse_object(body, memory);
    const value* inner = top.if_contains("lab");
    if (inner == nullptr || !inner->is_object())
        throw Failure("internal", "labd's answer holds no lab");
    const object& o = inner->get_object();
    LabState lab;
    lab.name = text(o, "name"), lab.state = text(o, "state"), lab.reason = text(o, "reason");
    lab.file = text(o, "file"), lab.level = text(o, "level");
    lab.description = text(o, "description");
    lab.age = number(o, "age");
    each_object(o, "nodes", [&](const object& n) { lab.nodes.push_back(node(n)); });
    each_object(o, "links", [&](const object& l) { lab.links.push_back(link(l)); });
    lab.drift = texts(o, "drift");
    lab.added = texts(o, "added");
    return lab;
}

}  // namespace cli
