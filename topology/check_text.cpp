// What a check says: its sentence, its texts, its numbers.
#include "topology/check.hpp"
#include "topology/checks.hpp"
#include "topology/node_set.hpp"
#include "topology/read.hpp"
#include "topology/resolved.hpp"
#include "topology/suggest.hpp"

#include <algorithm>

namespace topology {
namespace {

std::string names(const std::vector<std::string>& list) {
    return join(list, 4);
}

std::string names(const std::vector<Text>& list) {
    std::vector<std::string> out;
    out.reserve(list.size());
    for (const Text& text : list) out.push_back(text.text);
    return join(out, 4);
}

const char* protocol_word(Protocol protocol) {
    switch (protocol) {
        case Protocol::ospf:
            return "OSPF";
        case Protocol::bgp:
            return "BGP";
        case Protocol::isis:
            return "IS-IS";
        case Protocol::rip:
            return "RIP";
    }
    return "";
}

struct Sentence {
    std::string operator()(const subject::Ping& s) const {
        if (s.whole_lab && s.from.empty()) return "all nodes reach each other";
        if (s.whole_lab) return names(s.from) + " reach each other";
        return "ping " + names(s.from) + " → " + names(s.to);
    }
    std::string operator()(const subject::Connect& s) const {
        return (s.udp ? "udp " : "tcp ") + names(s.from) + " → " + names(s.to) + ":" +
               std::to_string(s.port);
    }
    std::string operator()(const subject::Http& s) const {
        return "http " + names(s.from) + " → " + s.url.text;
    }
    std::string operator()(const subject::Dns& s) const {
        return "dns " + s.name.text + " " + s.type + " on " + names(s.nodes);
    }
    std::string operator()(const subject::Path& s) const {
        std::string out = "path " + s.from;
        for (const std::string& hop : s.hops) out += " → " + hop;
        if (s.hops.empty()) out += " → " + s.to.text;
        if (!s.via.empty()) out += " via " + names(s.via);
        if (!s.not_via.empty()) out += " not via " + names(s.not_via);
        if (s.ecmp == subject::Path::Ecmp::any) out += ", any equal way";
        if (s.ecmp == subject::Path::Ecmp::all) out += ", all equal ways";
        return out;
    }
    std::string operator()(const subject::Route& s) const {
        std::string out = s.absent ? "no route " : "route ";
        out += s.prefix.text + " on " + names(s.nodes);
        if (s.via) out += " via " + s.via->text;
        if (!s.dev.empty()) out += " dev " + s.dev;
        return out;
    }
    std::string operator()(const subject::Address& s) const {
        return "address " + names(s.is) + " on " + names(s.nodes) +
               (s.dev.empty() ? "" : "." + s.dev);
    }
    std::string operator()(const subject::Link& s) const {
        return "link " + s.dev + " of " + names(s.nodes) + " " + (s.up ? "up" : "down");
    }
    std::string operator()(const subject::Neighbor& s) const {
        return "neighbour " + s.is.text + " of " + names(s.nodes);
    }
    std::string operator()(const subject::Neighbors& s) const {
        std::string out =
            std::string(protocol_word(s.protocol)) + " neighbours of " + names(s.nodes);
        if (!s.with.empty()) out += ": " + names(s.with);
        if (s.count) out += ": " + s.count->text;
        return out;
    }
    std::string operator()(const subject::ProtocolRoute& s) const {
        std::string out = s.absent ? "no " : "";
        out += std::string(protocol_word(s.protocol)) + " route " + s.prefix.text + " on " +
               names(s.nodes);
        return s.via ? out + " via " + s.via->text : out;
    }
    std::string operator()(const subject::Throughput& s) const {
        return "throughput " + s.from + " → " + s.to.text + (s.rate ? " " + s.rate->text : "");
    }
    std::string operator()(const subject::Run& s) const {
        std::string line = s.argv.empty() ? "" : s.argv.back().text;
        if (const std::size_t end = line.find('\n'); end != std::string::npos) line.resize(end);
        return "run on " + names(s.nodes) + ": " + line.substr(0, 60);
    }
    std::string operator()(const subject::Process& s) const {
        return "process " + s.name + " on " + names(s.nodes);
    }
    std::string operator()(const subject::File& s) const {
        return (s.absent ? "no file " : "file ") + s.path.text + " on " + names(s.nodes);
    }
    std::string operator()(const subject::Sysctl& s) const {
        return s.key + " = " + s.is.text + " on " + names(s.nodes);
    }
    std::string operator()(const subject::NoLoops&) const { return "no forwarding loops"; }
    std::string operator()(const subject::NoDrops& s) const {
        return "no drops" + (s.nodes.empty() ? "" : " on " + names(s.nodes));
    }
    std::string operator()(const subject::Converged&) const { return "routing has converged"; }
};

struct Texts {
    const std::function<void(Text&)>& visit;

    void each(std::vector<Text>& list) const {
        for (Text& text : list) visit(text);
    }
    void maybe(std::optional<Text>& text) const {
        if (text) visit(*text);
    }
    void maybe(std::optional<TextMatch>& match) const {
        if (match) visit(match->text);
    }
    void operator()(subject::Ping& s) const { each(s.to); }
    void operator()(subject::Connect& s) const { each(s.to); }
    void operator()(subject::Http& s) const { visit(s.url), maybe(s.body); }
    void operator()(subject::Dns& s) const { visit(s.name), each(s.is), maybe(s.server); }
    void operator()(subject::Path& s) const { visit(s.to); }
    void operator()(subject::Route& s) const { visit(s.prefix), maybe(s.via); }
    void operator()(subject::Address& s) const { each(s.is); }
    void operator()(subject::Link&) const {}
    void operator()(subject::Neighbor& s) const { visit(s.is); }
    void operator()(subject::Neighbors&) const {}
    void operator()(subject::ProtocolRoute& s) const {
        visit(s.prefix), maybe(s.via), maybe(s.next_hop);
    }
    void operator()(subject::Throughput& s) const { visit(s.to); }
    void operator()(subject::Run& s) const {
        each(s.argv), visit(s.input), maybe(s.stdout_), maybe(s.is);
    }
    void operator()(subject::Process&) const {}
    void operator()(subject::File& s) const { visit(s.path), maybe(s.contains), maybe(s.is); }
    void operator()(subject::Sysctl& s) const { visit(s.is); }
    void operator()(subject::NoLoops&) const {}
    void operator()(subject::NoDrops&) const {}
    void operator()(subject::Converged&) const {}
};

std::string toml_scalar(const Value& value, const NodeList& nodes) {
    if (!value.is(Value::Type::string)) return written(value);
    // Out of a ${…} it is a number where one is wanted, and a text where that is; so it stays.
    if (const auto number = parse_integer(value.text);
        value.computed && number && std::to_string(*number) == value.text)
        return "\"${" + value.text + "}\"";
    // Own kinds are gone from the resolved form.
    if (value.text.size() > 1 && value.text.front() == '@') {
        Diagnostics told;
        std::vector<std::string> list;
        if (const auto found = find_nodes(value.text, value.where, true, nodes, "", told))
            for (const SetMember& member : *found) list.push_back(nodes.seeds[member.node].name);
        return toml_list(list);
    }
    std::string out = toml_string(value.text);
    for (const auto& [escaped, mark] : {std::pair{"\\u0001", '\x01'}, std::pair{"\\u0002", '\x02'}})
        for (std::size_t at = 0; (at = out.find(escaped, at)) != std::string::npos;)
            out.replace(at, 6, 1, mark);
    return out;
}

}  // namespace

bool Bound::holds(double number) const {
    switch (side) {
        case Side::less:
            return number < value;
        case Side::at_most:
            return number <= value;
        case Side::equal:
            return number == value;
        case Side::at_least:
            return number >= value;
        case Side::more:
            return number > value;
    }
    return false;
}

std::string toml_value(const Value& value, const NodeList& nodes) {
    if (value.is(Value::Type::array)) {
        std::string out;
        for (const Value& item : value.items)
            out += (out.empty() ? "" : ", ") + toml_value(item, nodes);
        return "[" + out + "]";
    }
    if (!value.is(Value::Type::table)) return toml_scalar(value, nodes);
    TomlTable table;
    for (const Member& member : value.members)
        if (member.key.substr(0, 2) != "x-") table.raw(member.key, toml_value(member.value, nodes));
    return table.inline_();
}

void for_each_text(Check& check, const std::function<void(Text&)>& visit) {
    std::visit(Texts{visit}, check.subject);
    for (Text& after : check.after) visit(after);
}

std::string describe(const Check& check) {
    const std::string what = std::visit(Sentence{}, check.subject);
    return (check.negated ? "not: " : "") + what +
           (check.during ? " with " + check.during->text : "");
}

}  // namespace topology
