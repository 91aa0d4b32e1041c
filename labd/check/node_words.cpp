// See node_words.hpp.
#include "labd/check/node_words.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <vector>

namespace labd::check {

const char* const inside_script =
    "say() { echo \"@$1\"; shift; \"$@\" 2>/dev/null; }; "
    "say forward4 cat /proc/sys/net/ipv4/ip_forward; "
    "say forward6 cat /proc/sys/net/ipv6/conf/all/forwarding; "
    "say ignore cat /proc/sys/net/ipv4/icmp_echo_ignore_all; "
    "say tcp cat /proc/net/tcp /proc/net/tcp6; say udp cat /proc/net/udp /proc/net/udp6; "
    "say programs ss -Hlunp; say listeners ss -Hltnp; "
    "say babel sh -c '[ -S /run/frr/babeld.vty ] && echo yes'; "
    "say nft nft list ruleset; say qdisc tc qdisc show; say rules ip rule; say rules6 ip -6 rule; "
    "say ignore6 cat /proc/sys/net/ipv6/icmp/echo_ignore_all; "
    "say ttl cat /proc/sys/net/ipv4/ip_default_ttl; "
    "say arp_ignore grep -H . /proc/sys/net/ipv4/conf/*/arp_ignore; "
    "say no_ipv6 grep -l 1 /proc/sys/net/ipv6/conf/*/disable_ipv6; "
    "say xfrm ip -o xfrm policy; "
    "say halted grep -h '^[0-9]* (.*) [Tt] ' /proc/[0-9]*/stat; "
    "say tracked cat /proc/sys/net/netfilter/nf_conntrack_count; "
    "say trackable cat /proc/sys/net/netfilter/nf_conntrack_max; "
    "say forwarding4 grep -H . /proc/sys/net/ipv4/conf/*/forwarding; :";

const char* const counters_script = "cat /proc/net/snmp /proc/net/snmp6 2>/dev/null";

Inside sections(const std::string& text) {
    Inside out;
    std::istringstream in(text);
    std::string* section = nullptr;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("@"))
            section = &out[line.substr(1)];
        else if (section != nullptr)
            *section += line + "\n";
    }
    return out;
}

double counter(const std::string& text, bool six, const std::string& group,
               const std::string& name) {
    std::istringstream in(text);
    std::vector<std::string> names;
    for (std::string line; std::getline(in, line);) {
        std::istringstream split(line);
        std::vector<std::string> words;
        for (std::string word; split >> word;) words.push_back(word);
        if (words.size() < 2) continue;
        if (six && words[0] == group + name) return std::atof(words[1].c_str());
        if (six || words[0] != group + ":") continue;
        if (names.empty()) {
            names = std::move(words);
            continue;
        }
        for (std::size_t i = 1; i < std::min(names.size(), words.size()); ++i)
            if (names[i] == name) return std::atof(words[i].c_str());
    }
    return 0;
}

}  // namespace labd::check
