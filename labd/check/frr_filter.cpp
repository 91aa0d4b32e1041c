// See frr_filter.hpp.
#include "labd/check/frr_filter.hpp"

#include <cstdlib>
#include <map>
#include <sstream>
#include <vector>

namespace labd::check {
namespace {

using topology::Prefix;
using Fate = Filtered::Fate;

std::vector<std::string> split_words(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

// What follows in "seq 5 deny 10.0.0.0/8 le 32" behind the name; false when it is none of this.
bool rule_of(const std::vector<std::string>& words, std::size_t at, bool& permits,
             std::vector<std::string>& rest) {
    if (words.size() > at + 1 && words[at] == "seq") at += 2;
    if (words.size() <= at || (words[at] != "permit" && words[at] != "deny")) return false;
    permits = words[at] == "permit";
    rest.assign(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end());
    return !rest.empty();
}

bool in_prefix_rule(const std::vector<std::string>& rest, const Prefix& network) {
    if (rest[0] == "any") return true;
    const auto prefix = Prefix::parse(rest[0]);
    if (!prefix || prefix->ip.family != network.ip.family || !prefix->contains(network.ip))
        return false;
    int least = prefix->length, most = prefix->length;
    for (std::size_t i = 1; i + 1 < rest.size(); i += 2) {
        const int value = std::atoi(rest[i + 1].c_str());
        if (rest[i] == "ge") {
            least = value;
            if (most == prefix->length) most = 128;
        }
        if (rest[i] == "le") most = value;
    }
    return network.length >= prefix->length && network.length >= least && network.length <= most;
}

bool in_access_rule(const std::vector<std::string>& rest, const Prefix& network) {
    if (rest[0] == "any") return true;
    const auto prefix = Prefix::parse(rest[0]);
    if (!prefix || prefix->ip.family != network.ip.family) return false;
    if (rest.back() == "exact-match") return *prefix == network;
    return network.length >= prefix->length && prefix->contains(network.ip);
}

// The first rule that means the network decides.
template <typename Means>
Filtered by_list(const FrrConfig& config, const std::string& head, const Prefix& network,
                 Means means) {
    bool there = false;
    for (const std::string& line : config.section(FrrConfig::outside)) {
        if (!line.starts_with(head + " ")) continue;
        there = true;
        bool permits = false;
        std::vector<std::string> rest;
        if (!rule_of(split_words(line.substr(head.size())), 0, permits, rest)) continue;
        if (means(rest, network)) return {permits ? Fate::passes : Fate::stays, line};
    }
    return {Fate::stays, there ? "no line of " + head + " permits it" : head + " is not there"};
}

std::string family_words(const Prefix& network) {
    return network.ip.family == topology::Family::ipv6 ? "ipv6" : "ip";
}

// Whether an entry of a route map means the network: passes, stays, or unknown.
Filtered matched(const FrrConfig& config, const FrrConfig::Lines& lines, const Prefix& network) {
    for (const std::string& line : lines) {
        if (!line.starts_with("match ")) continue;
        const std::vector<std::string> words = split_words(line);
        if (words.size() < 4 || (words[1] != "ip" && words[1] != "ipv6") || words[2] != "address")
            return {Fate::unknown, line};
        const bool other_family = words[1] != family_words(network);
        const bool prefixes = words[3] == "prefix-list" && words.size() > 4;
        const Filtered found = other_family ? Filtered{Fate::stays, ""}
                               : prefixes   ? by_prefix_list(config, words[4], network)
                                            : by_access_list(config, words[3], network);
        if (found.fate != Fate::passes) return found;
    }
    return {};
}

}  // namespace

Filtered by_prefix_list(const FrrConfig& config, const std::string& name, const Prefix& network) {
    return by_list(config, family_words(network) + " prefix-list " + name, network, in_prefix_rule);
}

Filtered by_access_list(const FrrConfig& config, const std::string& name, const Prefix& network) {
    const bool six = network.ip.family == topology::Family::ipv6;
    return by_list(config, (six ? "ipv6 access-list " : "access-list ") + name, network,
                   in_access_rule);
}

Filtered by_route_map(const FrrConfig& config, const std::string& name, const Prefix& network) {
    const std::string head = "route-map " + name;
    std::map<long, std::string> entries;  // by their numbers, as they are gone through
    for (const std::string& section : config.beginning_with(head + " ")) {
        const std::vector<std::string> words = split_words(section);
        if (words.size() == 4) entries[std::atol(words[3].c_str())] = section;
    }
    if (entries.empty()) return {Fate::stays, head + " is not there"};
    for (const auto& [number, section] : entries) {
        const Filtered found = matched(config, config.section(section), network);
        if (found.fate == Fate::stays) continue;
        if (found.fate == Fate::unknown) return {Fate::unknown, section + ": " + found.line};
        const bool denies = section.starts_with(head + " deny ");
        return {denies ? Fate::stays : Fate::passes, section};
    }
    return {Fate::stays, "no entry of " + head + " permits it"};
}

}  // namespace labd::check
