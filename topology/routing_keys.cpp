// See routing_keys.hpp. What lines of `routes` mean is for `route`: a NODE in them needs addresses.
#include "topology/routing_keys.hpp"

#include "topology/keys.hpp"
#include "topology/routing.hpp"

#include <algorithm>
#include <array>

namespace topology {
namespace {

const std::vector<std::string_view>& routing_words() {
    // In the order of enum Routing.
    static const std::vector<std::string_view> words{"static", "ospf", "isis", "bgp", "rip",
                                                     "babel",  "none", "frr",  "bird"};
    return words;
}

void read_routing(const Value& value, Node& node, Context& context) {
    const std::vector<Value> single{value};
    node.routing.clear();
    for (const Value& item : value.is(Value::Type::array) ? value.items : single) {
        const auto word = context.reader.word("routing", item, routing_words());
        if (!word) continue;
        const auto at = std::find(routing_words().begin(), routing_words().end(), *word);
        const Routing routing = static_cast<Routing>(at - routing_words().begin());
        if (std::find(node.routing.begin(), node.routing.end(), routing) == node.routing.end())
            node.routing.push_back(routing);
        const bool alone = routing == Routing::none || routing == Routing::static_ ||
                           routing == Routing::frr || routing == Routing::bird;
        if (alone && value.is(Value::Type::array) && value.items.size() > 1)
            context.diagnostics.error(
                "VALUE", item.where, "\"" + *word + "\" cannot stand beside another word",
                routing == Routing::static_ ? "`routes` add static routes to a protocol" : "");
    }
    node.routing_explicit = true;
}

void read_announce(const Value& value, Node& node, Context& context) {
    const std::vector<Value>* items = context.reader.list("announce", value);
    if (items == nullptr) return;
    node.announce.clear();
    for (const Value& item : *items) {
        const std::optional<std::string> text = context.reader.string(item);
        if (!text) continue;
        constexpr std::array<std::string_view, 3> words{"connected", "loopback", "lans"};
        if (std::find(words.begin(), words.end(), *text) == words.end()) {
            if (!Prefix::parse(*text)) {
                context.diagnostics.error("VALUE", item.where,
                                          "\"" + *text + "\" cannot be announced",
                                          "connected, loopback, lans or a network");
                continue;
            }
            if (context.reader.networks(item).empty()) continue;
        }
        node.announce.push_back(*text);
    }
}

bool has_file(const Node& node, std::string_view start, std::string_view end) {
    return std::any_of(node.files.begin(), node.files.end(), [&](const auto& file) {
        const std::string& path = file.first;
        return path.size() >= start.size() + end.size() &&
               path.compare(0, start.size(), start) == 0 &&
               path.compare(path.size() - end.size(), end.size(), end) == 0;
    });
}

// D85: a key of a protocol that the node does not speak. [defaults.node] may say it to all.
void warn_of_idle(const Value& merged, const Node& node, Diagnostics& diagnostics) {
    if (configures_itself(node)) return;
    const auto warn = [&](const char* key, Routing protocol) {
        const Member* said = merged.member(key);
        if (said == nullptr || said->value.layer == 0 || speaks(node, protocol)) return;
        const std::string word(routing_words()[static_cast<std::size_t>(protocol)]);
        diagnostics.warning(
            "D85", said->where,
            node.name + " does not speak " + word + ": its \"" + key + "\" changes nothing",
            "routing = \"" + word + "\"");
    };
    warn("asn", Routing::bgp);
    warn("area", Routing::ospf);
}

// `routes = [{ to = "10.0.0.0/8", via = "r2" }]`, as netplan has it; "" when it is no such table.
std::string route_line(const Value& table) {
    std::string to, via;
    for (const Member& member : table.members) {
        if (!member.value.is(Value::Type::string)) continue;
        const auto is = [&](std::initializer_list<std::string_view> words) {
            return std::find(words.begin(), words.end(), member.key) != words.end();
        };
        if (is({"to", "dst", "dest", "destination", "prefix", "network", "subnet"}))
            to = member.value.text;
        if (is({"via", "gateway", "gw", "next-hop", "next_hop", "nexthop"}))
            via = member.value.text;
    }
    return to.empty() || via.empty() ? "" : "\"" + to + " via " + via + "\"";
}

std::vector<Text> read_routes(const Value& value, const Reader& reader) {
    std::vector<Text> lines;
    const std::vector<Value>* items = reader.list("routes", value);
    if (items == nullptr) return lines;
    for (const Value& item : *items)
        if (item.is(Value::Type::table))
            reader.wrong_type(item, "a string", route_line(item));
        else if (std::optional<Text> line = reader.text(item))
            lines.push_back(std::move(*line));
    return lines;
}

std::optional<std::int64_t> read_asn(const Value& value, const Reader& reader) {
    const bool named = value.is(Value::Type::string) &&
                       (value.text.starts_with("AS") || value.text.starts_with("as"));
    if (!named || !parse_integer(value.text.substr(2)))
        return reader.integer("asn", value, 1, 4294967295);
    reader.wrong_type(value, "an integer", "asn = " + value.text.substr(2));
    return std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> read_area(const Value& value, Context& context) {
    if (value.is(Value::Type::string) && !value.computed) {
        const std::optional<Ip> dotted = Ip::parse(value.text);
        if (dotted && dotted->family == Family::ipv4) {
            const auto& b = dotted->bytes;
            return static_cast<std::uint32_t>(b[0]) << 24 | static_cast<std::uint32_t>(b[1]) << 16 |
                   static_cast<std::uint32_t>(b[2]) << 8 | b[3];
        }
        if (!parse_integer(value.text)) {
            context.reader.wrong_type(value, "an area", "area = 0 is the backbone");
            return std::nullopt;
        }
    }
    const auto area = context.reader.integer("area", value, 0, 4294967295);
    if (!area) return std::nullopt;
    return static_cast<std::uint32_t>(*area);
}

std::optional<Timers> read_timers(const Value& value, Context& context) {
    Timers timers;
    if (!value.is(Value::Type::table)) {
        const auto word = context.reader.word("timers", value, {"fast", "standard"});
        if (!word) return std::nullopt;
        timers.standard = *word == "standard";
        return timers;
    }
    refuse_unknown_keys(value, KeyTable{"timers", {"hello", "dead"}}, context.diagnostics);
    const auto read = [&](const char* key, double& out) {
        const Value* written = value.find(key);
        if (written == nullptr) return;
        const std::optional<double> seconds = context.reader.seconds(*written, "s");
        if (!seconds) return;
        if (*seconds < 1 || *seconds > 65535)
            context.diagnostics.error("VALUE", written->where,
                                      "\"" + std::string(key) + "\" is 1 s to 65535 s");
        else
            out = *seconds;
    };
    read("hello", timers.hello);
    timers.dead = 4 * timers.hello;
    read("dead", timers.dead);
    if (timers.dead <= timers.hello)
        context.diagnostics.error("VALUE", value.where, "\"dead\" must be longer than \"hello\"",
                                  "{ hello = \"1s\", dead = \"4s\" }");
    return timers;
}

bool read_routing_key(const Member& member, Node& node, Context& context) {
    const Value& value = member.value;
    const Reader& reader = context.reader;
    const std::string& key = member.key;
    if (key == "routing") {
        read_routing(value, node, context);
    } else if (key == "asn") {
        if (const auto asn = read_asn(value, reader)) node.asn = static_cast<std::uint32_t>(*asn);
    } else if (key == "area") {
        node.area = read_area(value, context);
    } else if (key == "rr") {
        node.route_reflector = reader.boolean(value).value_or(false);
    } else if (key == "announce") {
        read_announce(value, node, context);
    } else if (key == "ecmp") {
        node.ecmp = reader.boolean(value);
    } else if (key == "timers") {
        node.timers = read_timers(value, context).value_or(Timers{});
    } else if (key == "frr") {
        if (std::optional<Text> lines = reader.text(value)) node.frr = std::move(*lines);
    } else if (key == "routes") {
        node.route_lines = read_routes(value, reader);
    } else {
        return false;
    }
    return true;
}

void finish_routing(const Value& merged, Node& node, Context& context) {
    const bool bgp =
        std::find(node.routing.begin(), node.routing.end(), Routing::bgp) != node.routing.end();
    if (bgp && !node.asn && merged.find("asn") == nullptr) {
        const Member* routing = merged.member("routing");
        context.diagnostics.error("D46", routing == nullptr ? node.where : routing->value.where,
                                  "bgp needs an asn", "asn = 65001");
    }
    const bool plain = std::all_of(node.routing.begin(), node.routing.end(), [](Routing word) {
        return word == Routing::static_ || word == Routing::none;
    });
    if (node.kind == Kind::nat && !plain)
        context.diagnostics.error("D45", merged.member("routing")->value.where,
                                  "a nat speaks no routing protocol",
                                  "a router beside it tells the others of the way out");
    // A node that brings a daemon's configuration wants that daemon (language.md §8.4).
    if (!node.routing_explicit && node.forwards()) {
        if (has_file(node, "/etc/frr/", ".conf"))
            node.routing = {Routing::frr};
        else if (has_file(node, "/etc/bird/bird", ".conf") || has_file(node, "/etc/bird", ".conf"))
            node.routing = {Routing::bird};
    }
    warn_of_idle(merged, node, context.diagnostics);
}

}  // namespace topology
