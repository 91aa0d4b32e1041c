// /etc/hosts: the same for every node of a lab, or of one node alone (names = false).
#include "topology/stages.hpp"

#include <algorithm>

namespace topology {
namespace {

constexpr const char* loopback_lines =
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n";

// One line an address, the node's own name first on its primary one: that is what a reverse lookup
// answers with.
void add_node(std::string& text, const Node& node) {
    if (node.kind == Kind::bare || node.kind == Kind::external) return;
    if (node.is_bridge() && !node.forwards()) return;
    std::vector<std::pair<Ip, std::string>> lines;
    const auto name = [&](const Ip& ip, const std::string& alias) {
        const auto found = std::find_if(lines.begin(), lines.end(),
                                        [&](const auto& line) { return line.first == ip; });
        if (found == lines.end())
            lines.push_back({ip, alias});
        else
            found->second += " " + alias;
    };
    const auto first = [&](const std::vector<Prefix>& addresses, const std::string& device) {
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            const auto address = std::find_if(
                addresses.begin(), addresses.end(),
                [&](const Prefix& p) { return p.ip.family == family && !p.ip.is_link_local(); });
            if (address != addresses.end()) name(address->ip, node.name + "." + device);
        }
    };
    std::string own = node.name;
    if (!node.hostname.empty() && node.hostname != node.name) own += " " + node.hostname;
    for (const Family family : {Family::ipv4, Family::ipv6})
        if (const auto ip = primary(node, family)) name(*ip, own);
    first(node.loopbacks, "lo");
    for (const Interface& interface : node.interfaces) first(interface.addresses, interface.name);
    for (const auto& [ip, names] : lines) text += ip.text() + "\t" + names + "\n";
}

}  // namespace

std::string hosts_file(const Lab& lab) {
    std::string text = loopback_lines;
    if (!lab.names) return text;
    for (const Node& node : lab.nodes) add_node(text, node);
    return text;
}

std::string hosts_file_alone(const Lab&, const Node& node) {
    std::string text = loopback_lines;
    add_node(text, node);
    return text;
}

}  // namespace topology
