// See masquerade.hpp. Rules match private networks by interface, not by address: what lies behind
// further routers in there is translated too.
#include "topology/masquerade.hpp"

#include "topology/node_set.hpp"
#include "topology/stages.hpp"
#include "topology/uplink.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <tuple>

namespace topology {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    const auto number = parse_integer(text);
    if (!number || *number < 1 || *number > 65535 || text.front() == '+') return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

// "PORT", "ADDR:PORT" or "[ADDR]:PORT".
bool parse_outer(const std::string& text, Forward& forward) {
    const std::size_t colon = text.rfind(':');
    const auto port = parse_port(colon == std::string::npos ? text : text.substr(colon + 1));
    if (!port) return false;
    forward.port = *port;
    if (colon == std::string::npos) return true;
    std::string address = text.substr(0, colon);
    const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
    if (bracketed) address = address.substr(1, address.size() - 2);
    forward.address = Ip::parse(address);
    return forward.address && bracketed == (forward.address->family == Family::ipv6);
}

// "tcp [ADDR:]PORT to NODE:PORT".
std::optional<Forward> parse_forward(const std::string& text) {
    std::istringstream words(text);
    Forward out;
    std::string outer, to, inner, rest;
    if (!(words >> out.protocol >> outer >> to >> inner) || words >> rest || to != "to")
        return std::nullopt;
    if (out.protocol != "tcp" && out.protocol != "udp") return std::nullopt;
    const std::size_t colon = inner.rfind(':');
    if (colon == std::string::npos || colon == 0) return std::nullopt;
    out.node = inner.substr(0, colon);
    const auto port = parse_port(inner.substr(colon + 1));
    if (!port || !parse_outer(outer, out)) return std::nullopt;
    out.node_port = *port;
    return out;
}

bool is_plain(const std::string& name) {
    return name.find_first_of("\"*\\") == std::string::npos;
}

// The address that a port is sent to: on a network of the router's own, else the node's first.
std::optional<Ip> target(const Node& router, const Node& node, Family family) {
    for (const Interface& interface : node.interfaces) {
        const bool shared =
            interface.segment != npos &&
            std::any_of(router.interfaces.begin(), router.interfaces.end(),
                        [&](const Interface& i) { return i.segment == interface.segment; });
        if (!shared) continue;
        for (const Prefix& address : interface.addresses)
            if (address.ip.family == family && !address.ip.is_link_local()) return address.ip;
    }
    return primary(node, family);
}

// { "wan", "wan2" } of those that translate this family; "" when none does.
std::string outer_set(const Node& node, Family family) {
    std::string out;
    for (const Masquerade& one : node.masquerade)
        if (family == Family::ipv4 ? one.ipv4 : one.ipv6)
            out += (out.empty() ? "\"" : ", \"") + one.interface + "\"";
    return out.empty() ? out : "{ " + out + " }";
}

std::string inner_set(const Lab& lab, const Node& node) {
    std::string out;
    for (const Interface& interface : node.interfaces)
        if (interface.segment != npos && lab.segments[interface.segment].private_ &&
            !masquerades(node, interface) && is_plain(interface.name))
            out += (out.empty() ? "\"" : ", \"") + interface.name + "\"";
    return out.empty() ? out : "{ " + out + " }";
}

std::string destination_rules(const Lab& lab, const Node& node) {
    std::string out;
    for (const Forward& forward : node.forward)
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            const std::string outer = outer_set(node, family);
            if (outer.empty() || (forward.address && forward.address->family != family)) continue;
            const Node* other = lab.find(forward.node);
            const auto ip = other == nullptr ? std::nullopt : target(node, *other, family);
            if (!ip) continue;
            const std::string word = family == Family::ipv4 ? "ip" : "ip6";
            out += "    iifname " + outer + " meta nfproto " +
                   (family == Family::ipv4 ? "ipv4" : "ipv6");
            if (forward.address) out += " " + word + " daddr " + forward.address->text();
            out += " " + forward.protocol + " dport " + std::to_string(forward.port) + " dnat " +
                   word + " to " + (family == Family::ipv4 ? ip->text() : "[" + ip->text() + "]") +
                   ":" + std::to_string(forward.node_port) + "\n";
        }
    return out;
}

std::string table_of(const Lab& lab, const Node& node) {
    std::string source;
    const std::string inner = inner_set(lab, node);
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const std::string outer = outer_set(node, family);
        if (!outer.empty() && !inner.empty())
            source += std::string("    meta nfproto ") +
                      (family == Family::ipv4 ? "ipv4" : "ipv6") + " iifname " + inner +
                      " oifname " + outer + " masquerade\n";
    }
    return "table inet labd {\n"
           "  chain inwards {\n"
           "    type nat hook prerouting priority dstnat; policy accept;\n" +
           destination_rules(lab, node) +
           "  }\n"
           "  chain outwards {\n"
           "    type nat hook postrouting priority srcnat; policy accept;\n" +
           source + "  }\n}\n";
}

}  // namespace

void read_masquerade(const Value& value, Node& node, Context& context) {
    node.masquerade.clear();
    if (value.is_false()) return;
    if (value.is(Value::Type::table)) {
        for (const Member& member : value.members) {
            const auto word =
                context.reader.word(member.key, member.value, {"ipv4", "ipv6", "both"});
            if (word)
                node.masquerade.push_back(
                    {member.key, *word != "ipv6", *word != "ipv4", member.where});
        }
        return;
    }
    for (Text& name : context.reader.texts("masquerade", value))
        node.masquerade.push_back({std::move(name.text), true, true, name.where});
}

void read_forward(const Value& value, const NodeList& nodes, Node& node, Context& context) {
    node.forward.clear();
    if (value.is_false()) return;
    std::set<std::tuple<std::string, std::optional<Ip>, std::uint16_t>> ports;
    for (const Text& line : context.reader.texts("forward", value)) {
        std::optional<Forward> forward = parse_forward(line.text);
        if (!forward) {
            context.diagnostics.error("D51", line.where, "\"" + line.text + "\" forwards no port",
                                      "\"tcp 8080 to h1:80\", \"udp 198.51.100.2:53 to ns:53\"");
            continue;
        }
        if (nodes.find(forward->node) == npos) {
            unknown_node(forward->node, line.where, "forward", nodes, context.diagnostics);
            continue;
        }
        if (!ports.emplace(forward->protocol, forward->address, forward->port).second) {
            context.diagnostics.error("D51", line.where,
                                      forward->protocol + " port " + std::to_string(forward->port) +
                                          " is forwarded twice",
                                      "one node a port");
            continue;
        }
        forward->where = line.where;
        node.forward.push_back(std::move(*forward));
    }
}

void check_masquerade(const Lab& lab, Diagnostics& diagnostics) {
    for (const Node& node : lab.nodes) {
        if (!node.forwards() && !(node.masquerade.empty() && node.forward.empty())) {
            diagnostics.error(
                "D51", node.masquerade.empty() ? node.forward[0].where : node.masquerade[0].where,
                node.name + " forwards no packets, so there are none to translate",
                "kind = \"router\"");
            continue;
        }
        for (const Masquerade& one : node.masquerade) {
            std::string known;
            bool found = false;
            for (const Interface& interface : node.interfaces) {
                known += " " + interface.name;
                found |= interface.name == one.interface;
            }
            if (!found)
                diagnostics.error("D51", one.where,
                                  node.name + " has no interface \"" + one.interface + "\"",
                                  "name it in the link: \"" + node.name + ":" + one.interface +
                                      "\"" + (known.empty() ? "" : "; it has" + known));
            else if (!is_plain(one.interface))
                diagnostics.error("D51", one.where,
                                  "nft cannot name an interface with \", * or \\ in its name",
                                  "letters and digits");
        }
        if (node.masquerade.empty() && !node.forward.empty())
            diagnostics.error("D51", node.forward[0].where,
                              node.name + " forwards ports, and no interface of it masquerades",
                              "masquerade = [\"eth0\"]: ports are forwarded in at those");
    }
}

void check_forwards(const Lab& lab, Diagnostics& diagnostics) {
    for (const Node& node : lab.nodes)
        for (const Forward& forward : node.forward) {
            const Node* other = lab.find(forward.node);
            bool any = false;
            for (const Family family : {Family::ipv4, Family::ipv6})
                any |= other != nullptr && !outer_set(node, family).empty() &&
                       (!forward.address || forward.address->family == family) &&
                       target(node, *other, family);
            if (!any)
                diagnostics.error("D51", forward.where,
                                  forward.node + " has no address that this port could go to",
                                  "addresses = \"192.168.1.50/24\" on " + forward.node);
        }
}

bool masquerades(const Node& node, const Interface& interface) {
    return std::any_of(node.masquerade.begin(), node.masquerade.end(),
                       [&](const Masquerade& one) { return one.interface == interface.name; });
}

bool is_behind_masquerade(const Lab& lab, const Segment& segment) {
    return std::any_of(segment.ends.begin(), segment.ends.end(), [&](const End& end) {
        const Node& node = lab.nodes[end.node];
        return !node.masquerade.empty() && !masquerades(node, lab.at(end));
    });
}

std::string nft_ruleset(const Lab& lab, const Node& node) {
    std::string out = node.nft ? node.nft->text : std::string();
    if (node.masquerade.empty() && node.kind != Kind::nat) return out;
    if (!out.empty() && out.back() != '\n') out += '\n';
    if (!node.masquerade.empty()) out += table_of(lab, node);
    // The host knows no more of a lab than the one address of its uplink.
    if (node.kind == Kind::nat)
        out += std::string(
                   "table inet labd-uplink {\n"
                   "  chain outwards {\n"
                   "    type nat hook postrouting priority srcnat; policy accept;\n"
                   "    oifname \"") +
               uplink_name + "\" masquerade\n  }\n}\n";
    return out;
}

std::string forward_text(const Forward& forward) {
    std::string outer = std::to_string(forward.port);
    if (forward.address)
        outer = (forward.address->family == Family::ipv4 ? forward.address->text()
                                                         : "[" + forward.address->text() + "]") +
                ":" + outer;
    return forward.protocol + " " + outer + " to " + forward.node + ":" +
           std::to_string(forward.node_port);
}

}  // namespace topology
