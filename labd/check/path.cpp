// path: echo requests that live one hop longer each; routers on the way say who they are.
#include "labd/check/all_ways.hpp"
#include "labd/check/owners.hpp"
#include "labd/check/subjects.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

namespace labd::check {
namespace {

using topology::subject::Path;

// All lives at once: a router answers one of them, so its limit for errors (one a second after six,
// icmp(7)) is met only by many checks. bash writes line by line, and the answers come in any order:
// every line says whose it is.
constexpr const char* script =
    "f=$1 a=$2 n=$3; for ((t = 1; t <= n; t++)); do { "
    "r=$(LC_ALL=C ping $f -n -c 1 -W 1 -t $t \"$a\" 2>&1); "
    "printf '%s\\n' \"@$t ${r//$'\\n'/$'\\n'@$t }\"; } & "
    "done; wait";

struct Hop {
    std::string address;  // "" = nobody answered
    bool arrived = false;
    std::string error;  // "Destination Host Unreachable"
};

// "@3 ", then ping's words: "From 10.0.0.1 icmp_seq=1 Time to live exceeded", "64 bytes from …".
std::map<int, Hop> read_hops(const std::string& out) {
    std::map<int, Hop> hops;
    std::istringstream in(out);
    for (std::string line; std::getline(in, line);) {
        const std::size_t words = line.find(' ');
        if (!line.starts_with("@") || words == std::string::npos) continue;
        Hop& hop = hops[std::atoi(line.c_str() + 1)];
        line.erase(0, words + 1);
        const auto address_after = [&](std::size_t at) {
            std::string address = line.substr(at, line.find(' ', at) - at);
            if (!address.empty() && address.back() == ':') address.pop_back();
            return address;
        };
        if (const std::size_t at = line.find(" bytes from "); at != std::string::npos) {
            hop.address = address_after(at + 12);
            hop.arrived = true;
        } else if (line.starts_with("From ")) {
            hop.address = address_after(5);
            if (line.find("xceeded") == std::string::npos) {
                const std::size_t sequence = line.find("icmp_seq=");
                const std::size_t reason =
                    sequence == std::string::npos ? sequence : line.find(' ', sequence);
                hop.error = reason == std::string::npos ? "unreachable"
                                                        : one_line(line.substr(reason + 1), 40);
            }
        } else if (line.find("Network is unreachable") != std::string::npos) {
            hop.error = "Network is unreachable";
        }
    }
    return hops;
}

struct Walk {
    std::vector<std::vector<std::string>> nodes;  // of each hop; several own a private address
    std::string shown;                            // "r1 → r2 → *"
    bool arrived = false;
};

Walk walk_of(const std::map<int, Hop>& hops, const Owners& owners) {
    Walk walk;
    std::size_t silent = 0;
    std::string waiting;
    for (const auto& [ttl, hop] : hops) {
        if (hop.address.empty()) {
            if (!hop.error.empty() && walk.shown.empty() && waiting.empty()) {
                walk.shown = hop.error;
                break;
            }
            waiting += waiting.empty() && walk.shown.empty() ? "*" : " → *";
            ++silent;
            continue;
        }
        walk.shown += waiting;
        for (; silent > 0; --silent) walk.nodes.push_back({"*"});
        waiting.clear();
        const auto ip = topology::Ip::parse(hop.address);
        std::vector<std::string> names = ip ? owners.of(*ip) : std::vector<std::string>{};
        if (names.empty()) names.push_back(one_line(hop.address, 40));
        walk.shown += (walk.shown.empty() ? "" : " → ") + names.front();
        walk.nodes.push_back(std::move(names));
        if (!hop.error.empty()) walk.shown += " (" + hop.error + ")";
        walk.arrived = hop.arrived;
        if (hop.arrived || !hop.error.empty()) break;
    }
    if (!walk.arrived && silent > 0)
        walk.shown += walk.shown.empty() ? "nobody answers" : " → nobody answers";
    return walk;
}

bool on(const Walk& walk, const std::string& node) {
    return std::any_of(walk.nodes.begin(), walk.nodes.end(), [&](const auto& names) {
        return std::find(names.begin(), names.end(), node) != names.end();
    });
}

bool fits(const Path& s, const Walk& walk) {
    if (!walk.arrived) return false;
    for (const std::string& node : s.via)
        if (!on(walk, node)) return false;
    for (const std::string& node : s.not_via)
        if (on(walk, node)) return false;
    if (s.hops.empty()) return true;
    if (s.hops.size() != walk.nodes.size()) return false;
    for (std::size_t i = 0; i + 1 < s.hops.size(); ++i) {
        const auto& names = walk.nodes[i];
        if (std::find(names.begin(), names.end(), s.hops[i]) == names.end()) return false;
    }
    return true;  // it has arrived, so the last one is right
}

bool fits(const Path& s, const OneWay& way) {
    Walk walk;
    walk.arrived = way.arrived;
    for (std::size_t i = 1; i < way.nodes.size(); ++i) walk.nodes.push_back({way.nodes[i]});
    return fits(s, walk);
}

std::string shown(const OneWay& way) {
    std::string out;
    for (const std::string& node : way.nodes) out += (out.empty() ? "" : " → ") + node;
    return out + (way.lost.empty() ? "" : " (" + way.lost + ")");
}

// The ways that fit, or those that do not, whichever are to be told.
Finding find_ways(const Path& s, const std::vector<OneWay>& ways, bool more) {
    Finding finding;
    std::vector<const OneWay*> good, bad;
    for (const OneWay& way : ways) (fits(s, way) ? good : bad).push_back(&way);
    finding.ok = s.ecmp == Path::Ecmp::any ? !good.empty() : bad.empty() && !good.empty();
    const auto& told = finding.ok || good.empty() ? (finding.ok ? good : bad) : bad;
    constexpr std::size_t most_told = 4;
    std::string list;
    for (std::size_t i = 0; i < std::min(told.size(), most_told); ++i)
        list += (list.empty() ? "" : "; ") + shown(*told[i]);
    if (told.size() > most_told) list += "; …";
    const std::string number = std::to_string(ways.size()) + (more ? " and more" : "");
    if (ways.size() == 1)
        finding.value = list;
    else if (told.size() == ways.size())
        finding.value = number + " ways: " + list;
    else
        finding.value = std::to_string(told.size()) + " of " + number + " ways: " + list;
    return finding;
}

Verdict judge_ways(const Path& s, const topology::Lab& lab, const Answers& answers) {
    constexpr std::size_t most_ways = 256;
    Verdict verdict;
    for (const auto& [node, why] : answers.dead) verdict.broken = node + ": " + why;
    for (const Destination& to : destinations(lab, s.from, s.to.text, s.family)) {
        Finding finding{"", false, to.missing};
        const auto ip = topology::Ip::parse(to.address);
        if (to.missing.empty() && !ip)
            finding.value = "\"" + to.address + "\" is neither a node nor an address";
        if (ip) {
            bool more = false;
            finding =
                find_ways(s, all_ways(lab, answers.spaces, s.from, *ip, most_ways, more), more);
        }
        if (to.family) finding.what = *to.family == topology::Family::ipv4 ? "IPv4" : "IPv6";
        verdict.findings.push_back(std::move(finding));
    }
    return verdict;
}

}  // namespace

Question ask(const Path& s, const topology::Lab& lab) {
    Question question;
    if (s.ecmp != Path::Ecmp::taken) {
        for (const topology::Node& node : lab.nodes)
            if (!node.is_bridge()) question.spaces.push_back(node.name);
        return question;
    }
    // A way that is too long must be seen as such; an open one may be as long as it likes.
    const std::size_t lives = s.hops.empty() ? 16 : s.hops.size() + 2;
    for (const Destination& to : destinations(lab, s.from, s.to.text, s.family))
        if (to.missing.empty())
            question.commands.push_back({s.from,
                                         {"bash", "-c", script, "check",
                                          !to.family                             ? ""
                                          : *to.family == topology::Family::ipv4 ? "-4"
                                                                                 : "-6",
                                          to.address, std::to_string(lives)},
                                         "",
                                         5});
    return question;
}

Verdict judge(const Path& s, const topology::Lab& lab, const Answers& answers) {
    if (s.ecmp != Path::Ecmp::taken) return judge_ways(s, lab, answers);
    Verdict verdict;
    const Owners owners(lab);
    std::size_t next = 0;
    for (const Destination& to : destinations(lab, s.from, s.to.text, s.family)) {
        Finding finding{!to.family                             ? ""
                        : *to.family == topology::Family::ipv4 ? "IPv4"
                                                               : "IPv6",
                        false, to.missing};
        if (to.missing.empty()) {
            const std::size_t command = next++;
            const Heard& heard = answers.commands.at(command);
            if (const std::string why = trouble(heard); !why.empty()) {
                verdict.broken = s.from + ": " + why;
                return verdict;
            }
            const Walk walk = walk_of(read_hops(heard.out), owners);
            finding.ok = fits(s, walk);
            finding.value = s.from + " → " + walk.shown;
            // A way that is only another one has lost nothing.
            if (!walk.arrived) finding.flow = Flow{s.from, to.name, to.address, command};
        }
        verdict.findings.push_back(std::move(finding));
    }
    return verdict;
}

}  // namespace labd::check
