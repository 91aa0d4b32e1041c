// Whom a node knows by name, which name server it asks, which family its programs prefer.
#include "topology/configure.hpp"
#include "topology/stages.hpp"

namespace topology {
namespace {

// A gai.conf with one `precedence` line forgets the whole default table (gai.conf(5)): all of it,
// with IPv4 lifted to the top. Without it glibc ranks unique local addresses before IPv4.
constexpr const char* prefer_ipv4 =
    "# From labd: [addressing] prefer = \"ipv4\".\n"
    "precedence ::1/128       50\n"
    "precedence ::/0          40\n"
    "precedence 2002::/16     30\n"
    "precedence ::/96         20\n"
    "precedence ::ffff:0:0/96 100\n";

File generated(std::string content, const Where& where) {
    File file;
    file.content = std::move(content);
    file.origin = File::Origin::generated;
    file.where = where;
    return file;
}

}  // namespace

void configure_names(const Lab& lab, Node& node, Diagnostics& diagnostics) {
    if (lab.addressing.prefer == Family::ipv4 && lab.addressing.ipv4 && lab.addressing.ipv6)
        node.files.emplace("/etc/gai.conf", generated(prefer_ipv4, node.where));
    // Its own file takes the place of the link to the lab's.
    if (!lab.names)
        node.files.emplace("/etc/hosts", generated(hosts_file_alone(lab, node), node.where));
    if (node.dns.empty()) return;
    std::string content = "# From labd: dns of " + node.name + ".\n";
    for (const Text& server : node.dns) {
        std::string address = server.text;
        const bool late = address.find('\x01') != std::string::npos;
        if (!late && !Ip::parse(address)) {
            const Node* other = lab.find(address);
            const Family first = lab.addressing.prefer;
            const Family second = first == Family::ipv4 ? Family::ipv6 : Family::ipv4;
            auto ip = other != nullptr ? primary(*other, first) : std::nullopt;
            if (!ip && other != nullptr) ip = primary(*other, second);
            if (!ip) {
                diagnostics.error("D50", server.where,
                                  other == nullptr ? "no node \"" + address + "\" to ask for names"
                                                   : address + " has no address to ask for names",
                                  "dns = [\"NODE\"] or an address");
                continue;
            }
            address = ip->text();
        }
        content += "nameserver " + address + "\n";
    }
    File file = generated(std::move(content), node.where);
    file.expand = true;
    node.files.emplace("/etc/resolv.conf", std::move(file));
}

}  // namespace topology
