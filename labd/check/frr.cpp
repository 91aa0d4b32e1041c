// Routing daemons, asked by vtysh and answered in JSON (FRR 8.4). What is missing in an answer is
// read as not there: other versions name things otherwise.
#include "labd/check/frr_json.hpp"
#include "labd/check/owners.hpp"
#include "labd/check/subjects.hpp"
#include "topology/configure.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <set>
#include <sstream>

namespace labd::check {
namespace {

namespace json = boost::json;
using topology::Protocol;
using namespace topology::subject;  // Neighbors, ProtocolRoute
using namespace frr_json;

// One neighbour as its daemon tells of it.
struct Met {
    std::string node;   // or its address or id, when it is nobody's of the lab
    std::string state;  // "Full", "ExStart", "Established", "Active"
    bool good = false;
};

// Whose a router id is: mostly a loopback's address, but not always there as one.
std::string node_of(const std::string& id, const topology::Lab& lab) {
    for (const topology::Node& node : lab.nodes)
        if (node.forwards() && topology::router_id(lab, node) == id) return node.name;
    return id;
}

std::string first_part(const std::string& state) {
    return state.substr(0, state.find('/'));
}

// { "neighbors": { "10.255.0.2": [ { "nbrState" or "state": "Full/-", "ifaceAddress": … } ] } }
void read_ospf(const json::value& answer, const topology::Lab& lab, const Owners& owners,
               std::vector<Met>& out) {
    for_items(member(answer, "neighbors"), [&](const std::string& id, const json::value& list) {
        for_items(&list, [&](const std::string&, const json::value& one) {
            std::string state = text(one, "nbrState");
            if (state.empty()) state = text(one, "state");
            std::string address = text(one, "ifaceAddress");
            if (address.empty()) address = text(one, "address");
            const auto ip = topology::Ip::parse(address);
            out.push_back({ip ? owners.name(*ip) : node_of(id, lab), first_part(state),
                           first_part(state) == "Full"});
        });
    });
}

// { "neighbors": [ { "neighborId": "10.255.0.2", "state": "Full", … } ] }
void read_ospf6(const json::value& answer, const topology::Lab& lab, std::vector<Met>& out) {
    for_items(member(answer, "neighbors"), [&](const std::string&, const json::value& one) {
        const std::string state = first_part(text(one, "state"));
        out.push_back({node_of(text(one, "neighborId"), lab), state, state == "Full"});
    });
}

// { "peers": { "10.0.0.2": { "state": "Established", "hostname": "r2", … } } }
void read_bgp(const json::value* family, const Owners& owners, std::vector<Met>& out) {
    if (family == nullptr) return;
    for_items(member(*family, "peers"), [&](const std::string& peer, const json::value& one) {
        const std::string state = text(one, "state");
        const auto ip = topology::Ip::parse(peer);
        std::string node = ip ? owners.name(*ip) : text(one, "desc");
        if (node.empty()) node = peer;
        out.push_back({node, state, state == "Established"});
    });
}

// { "areas": [ { "circuits": [ { "adj": "r2", "state": "Up", … } ] } ] }
void read_isis(const json::value& answer, std::vector<Met>& out) {
    for_items(member(answer, "areas"), [&](const std::string&, const json::value& area) {
        for_items(member(area, "circuits"), [&](const std::string&, const json::value& circuit) {
            const std::string adjacent = text(circuit, "adj");
            if (adjacent.empty()) return;
            std::string state = text(circuit, "state");
            if (const json::value* interface = member(circuit, "interface");
                state.empty() && interface != nullptr)
                state = text(*interface, "state");
            out.push_back({adjacent, state, state == "Up"});
        });
    });
}

// One family of one protocol: what is asked, and which part of the answer counts.
struct Part {
    const char* command;
    topology::Family family = topology::Family::ipv4;
};

std::vector<Part> parts(const Neighbors& s) {
    using topology::Family;
    using topology::FamilyWish;
    const char* four = s.protocol == Protocol::bgp    ? "show bgp summary json"
                       : s.protocol == Protocol::isis ? "show isis neighbor json"
                                                      : "show ip ospf neighbor json";
    const char* six = s.protocol == Protocol::bgp ? four : "show ipv6 ospf6 neighbor json";
    if (s.protocol == Protocol::isis) return {{four, Family::ipv4}};
    if (s.family == FamilyWish::both) return {{four, Family::ipv4}, {six, Family::ipv6}};
    if (s.family == FamilyWish::ipv6) return {{six, Family::ipv6}};
    return {{four, Family::ipv4}};
}

std::vector<Met> seen(const Neighbors& s, const Part& part, const json::value& answer,
                      const topology::Lab& lab, const Owners& owners) {
    std::vector<Met> out;
    const bool six = part.family == topology::Family::ipv6;
    if (s.protocol == Protocol::isis) {
        read_isis(answer, out);
    } else if (s.protocol == Protocol::bgp) {
        const json::value* sessions = member(answer, six ? "ipv6Unicast" : "ipv4Unicast");
        // A router without IPv4 has no such part.
        if (sessions == nullptr && s.family == topology::FamilyWish::prefer)
            sessions = member(answer, "ipv6Unicast");
        read_bgp(sessions, owners, out);
    } else if (six) {
        read_ospf6(answer, lab, out);
    } else {
        read_ospf(answer, lab, owners, out);
    }
    return out;
}

// "2 Full: r2, r3" or "1 Full: r2; r3 is ExStart".
Finding count(const Neighbors& s, const std::vector<Met>& all) {
    Finding finding;
    std::set<std::string> good;
    std::size_t number_good = 0;
    std::string others, names;
    for (const Met& one : all) {
        if (one.good) {
            ++number_good;
            good.insert(one.node);
            names += (names.empty() ? "" : ", ") + one.node;
        } else {
            others += (others.empty() ? "" : ", ") + one.node + " is " +
                      (one.state.empty() ? "down" : one.state);
        }
    }
    finding.ok = !s.count || s.count->holds(static_cast<double>(number_good));
    for (const std::string& node : s.with) finding.ok = finding.ok && good.contains(node);
    const std::string state = s.protocol == Protocol::bgp    ? "Established"
                              : s.protocol == Protocol::isis ? "Up"
                                                             : "Full";
    finding.value = std::to_string(number_good) + " " + state;
    if (!names.empty()) finding.value += ": " + one_line(names);
    if (!others.empty()) finding.value += "; " + one_line(others);
    if (all.empty()) finding.value = "no neighbours";
    return finding;
}

Ask vtysh(const std::string& node, const std::string& command) {
    return {node, {"vtysh", "-c", command}, "", 10};
}

// What vtysh says when it cannot be asked: a daemon that is not (yet) there is the network's
// affair, a vtysh that is not there is not.
std::string unanswered(const Heard& heard) {
    const std::string said = one_line(heard.err.empty() ? heard.out : heard.err, 100);
    return said.empty() ? "its daemon does not answer" : said;
}

bool is_six(const ProtocolRoute& s) {
    return s.prefix.text.find(':') != std::string::npos;
}

std::string zebra_word(const ProtocolRoute& s) {
    const bool six = is_six(s);
    if (s.protocol == Protocol::isis) return "isis";
    return s.protocol == Protocol::rip ? (six ? "ripng" : "rip") : (six ? "ospf6" : "ospf");
}

std::string prefix_of(const ProtocolRoute& s) {
    return s.prefix.text == "default" ? "0.0.0.0/0" : s.prefix.text;
}

std::string command_of(const ProtocolRoute& s) {
    const std::string six = is_six(s) ? "ipv6" : "ip";
    if (s.protocol == Protocol::bgp)
        return "show bgp " + std::string(is_six(s) ? "ipv6" : "ipv4") + " unicast " + prefix_of(s) +
               " json";
    return "show " + six + " route " + zebra_word(s) + " json";
}

bool hop_is(const json::value& hop, const topology::Text& via, const Owners& owners) {
    const auto ip = topology::Ip::parse(text(hop, "ip"));
    if (!ip) return false;
    const auto wanted = topology::Ip::parse(via.text);
    return wanted ? *wanted == *ip : owners.is(*ip, via.text);
}

std::string hops_of(const json::value& path, const Owners& owners) {
    std::string out;
    for_items(member(path, "nexthops"), [&](const std::string&, const json::value& hop) {
        const auto ip = topology::Ip::parse(text(hop, "ip"));
        const std::string name =
            ip && !ip->is_unspecified() ? owners.name(*ip) : text(hop, "interfaceName");
        if (!name.empty() && out.find(name) == std::string::npos)
            out += (out.empty() ? "via " : ", ") + name;
    });
    return out;
}

bool through(const json::value& path, const std::optional<topology::Text>& via,
             const Owners& owners) {
    if (!via) return true;
    bool found = false;
    for_items(member(path, "nexthops"), [&](const std::string&, const json::value& hop) {
        found = found || hop_is(hop, *via, owners);
    });
    return found;
}

std::string as_path(const json::value& path) {
    const json::value* told = member(path, "aspath");
    return told == nullptr ? "" : text(*told, "string");
}

// Standard and large ones, in FRR's words: "65001:10 no-export", "1:2:3".
std::vector<std::string> communities_of(const json::value& path) {
    std::vector<std::string> out;
    for (const char* kind : {"community", "largeCommunity"}) {
        const json::value* told = member(path, kind);
        if (told == nullptr) continue;
        std::istringstream words(text(*told, "string"));
        for (std::string word; words >> word;) out.push_back(word);
    }
    return out;
}

// Of a path that is not even valid: next hops that lead nowhere.
std::string unreachable_hops(const json::value& path, const Owners& owners) {
    std::string out;
    for_items(member(path, "nexthops"), [&](const std::string&, const json::value& hop) {
        const json::value* there = member(hop, "accessible");
        if (there != nullptr && there->is_bool() && there->get_bool()) return;
        const auto ip = topology::Ip::parse(text(hop, "ip"));
        if (!ip) return;
        const std::string name = owners.name(*ip);
        out +=
            (out.empty() ? "" : ", ") + ip->text() + (name == ip->text() ? "" : " (" + name + ")");
    });
    return out;
}

// What the best path says, and whether that is what is asked for.
Finding judge_path(const ProtocolRoute& s, const json::value& path, const std::string& wanted,
                   const Owners& owners) {
    Finding finding;
    const std::string as = as_path(path), origin = text(path, "origin");
    const auto med = number(path, "metric"), preference = number(path, "locPrf");
    const std::vector<std::string> communities = communities_of(path);
    finding.ok = through(path, s.via, owners) && through(path, s.next_hop, owners) &&
                 (!s.aspath || as == (wanted.empty() ? "Local" : wanted) ||
                  (wanted.empty() && as.empty())) &&
                 (!s.med || med.value_or(0) == *s.med) &&
                 (!s.local_pref || preference.value_or(100) == *s.local_pref) &&
                 (s.origin.empty() || s.origin == origin);
    for (const std::string& one : s.communities)
        finding.ok = finding.ok &&
                     std::find(communities.begin(), communities.end(), one) != communities.end();
    finding.value = hops_of(path, owners) + ", AS path " + (as.empty() ? "empty" : as);
    if (med) finding.value += ", MED " + std::to_string(*med);
    if (preference) finding.value += ", local preference " + std::to_string(*preference);
    std::string list;
    for (const std::string& one : communities) list += (list.empty() ? "" : " ") + one;
    if (!list.empty() || !s.communities.empty())
        finding.value += ", communities " + (list.empty() ? "none" : one_line(list));
    if (!s.origin.empty()) finding.value += ", origin " + one_line(origin, 20);
    if (s.next_hop)
        for_items(member(path, "nexthops"), [&](const std::string&, const json::value& hop) {
            finding.value += ", next hop " + one_line(text(hop, "ip"), 40);
        });
    return finding;
}

// The best path, or without one why there is none.
Finding judge_bgp(const ProtocolRoute& s, const json::value& answer, const Owners& owners) {
    Finding finding;
    std::string wanted;
    if (s.aspath)
        for (const std::uint32_t asn : *s.aspath)
            wanted += (wanted.empty() ? "" : " ") + std::to_string(asn);
    std::string lost;
    for_items(member(answer, "paths"), [&](const std::string&, const json::value& path) {
        const json::value* best = member(path, "bestpath");
        const json::value* overall = best == nullptr ? nullptr : member(*best, "overall");
        if (overall != nullptr && overall->is_bool() && overall->get_bool())
            finding = judge_path(s, path, wanted, owners);
        else if (const std::string hops = unreachable_hops(path, owners); !hops.empty())
            lost = ": its next hop " + hops + " is not to be reached";
    });
    if (finding.value.empty()) {
        finding.ok = s.absent;
        finding.value = "no best path to " + s.prefix.text + lost;
    } else if (s.absent) {
        finding.ok = !finding.ok;
    }
    return finding;
}

// { "10.0.3.0/24": [ { "metric": 20, "nexthops": [ … ], "selected": true } ] }
Finding judge_zebra(const ProtocolRoute& s, const json::value& answer, const Owners& owners) {
    Finding finding;
    const std::string prefix = s.prefix.text == "default" ? prefix_of(s) : s.prefix.text;
    const json::value* routes = member(answer, prefix.c_str());
    for_items(routes, [&](const std::string&, const json::value& route) {
        const auto metric = number(route, "metric");
        const bool fits = through(route, s.via, owners) && (!s.metric || metric == s.metric);
        finding.ok = finding.ok || fits;
        finding.value += (finding.value.empty() ? "" : "; ") + hops_of(route, owners);
        if (metric) finding.value += ", metric " + std::to_string(*metric);
    });
    if (s.absent) finding.ok = !finding.ok;
    if (s.metric && !s.absent && !finding.value.empty())
        finding.wanted =
            (s.via ? "via " + s.via->text + ", " : "") + "metric " + std::to_string(*s.metric);
    if (finding.value.empty()) {
        const std::size_t known = answer.is_object() ? answer.get_object().size() : 0;
        finding.value = "no such route (" + std::to_string(known) + " others of this protocol)";
    }
    return finding;
}

}  // namespace

Question ask(const Neighbors& s, const topology::Lab&) {
    Question question;
    for (const std::string& node : s.nodes)
        for (const Part& part : parts(s)) question.commands.push_back(vtysh(node, part.command));
    return question;
}

Verdict judge(const Neighbors& s, const topology::Lab& lab, const Answers& answers) {
    Verdict verdict;
    const Owners owners(lab);
    std::size_t next = 0;
    for (const std::string& node : s.nodes) {
        // Every family must have its neighbours.
        Finding finding{node, true, ""};
        for (const Part& part : parts(s)) {
            const Heard& heard = answers.commands.at(next++);
            if (const std::string why = trouble(heard); !why.empty()) {
                verdict.broken = node + ": " + why;
                return verdict;
            }
            bool good = false;
            const json::value answer = parsed(heard.out, good);
            const Finding found = good ? count(s, seen(s, part, answer, lab, owners))
                                       : Finding{"", false, unanswered(heard)};
            finding.ok = finding.ok && found.ok;
            finding.value += (finding.value.empty() ? "" : "; IPv6: ") + found.value;
        }
        verdict.findings.push_back(std::move(finding));
    }
    return verdict;
}

Question ask(const ProtocolRoute& s, const topology::Lab&) {
    Question question;
    for (const std::string& node : s.nodes) question.commands.push_back(vtysh(node, command_of(s)));
    return question;
}

Verdict judge(const ProtocolRoute& s, const topology::Lab& lab, const Answers& answers) {
    Verdict verdict;
    const Owners owners(lab);
    for (std::size_t i = 0; i < s.nodes.size(); ++i) {
        const Heard& heard = answers.commands.at(i);
        if (const std::string why = trouble(heard); !why.empty()) {
            verdict.broken = s.nodes[i] + ": " + why;
            return verdict;
        }
        bool good = false;
        const json::value answer = parsed(heard.out, good);
        Finding finding = !good                         ? Finding{"", false, unanswered(heard)}
                          : s.protocol == Protocol::bgp ? judge_bgp(s, answer, owners)
                                                        : judge_zebra(s, answer, owners);
        finding.what = s.nodes[i];
        verdict.findings.push_back(std::move(finding));
    }
    return verdict;
}

}  // namespace labd::check
