// Who gives addresses, and who asks for them. One dnsmasq a router serves all its networks: it does
// DHCP and router advertisements on any router, whatever routes there, and starts in milliseconds;
// zebra would have to run, and be told by vtysh, on routers that need no FRR otherwise.
#include "topology/configure.hpp"
#include "topology/dhcp_client.hpp"
#include "topology/masquerade.hpp"
#include "topology/number.hpp"
#include "topology/routing.hpp"
#include "topology/stages.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace topology {
namespace {

constexpr const char* server_service = "dnsmasq-dhcp";
constexpr const char* server_file = "/etc/lab/dnsmasq.conf";
constexpr const char* client_file = "/etc/lab/dhcp-client";
constexpr const char* event_file = "/etc/lab/dhcp-event";
constexpr const char* server_head =
    "# From labd: DHCP and router advertisements.\n"
    "keep-in-foreground\nlog-facility=-\nuser=root\ngroup=root\n"
    "port=0\n"  // no DNS: a name server of the user's may run beside it
    "pid-file=/run/dnsmasq-dhcp.pid\ndhcp-leasefile=/run/dnsmasq-dhcp.leases\n"
    "dhcp-authoritative\nno-ping\nexcept-interface=lo\n";

File generated(std::string content, std::uint32_t mode, const Where& where) {
    File file;
    file.content = std::move(content);
    file.mode = mode;
    file.origin = File::Origin::generated;
    file.where = where;
    return file;
}

std::optional<Prefix> first_address(const Interface& interface, Family family) {
    for (const Prefix& address : interface.addresses)
        if (address.ip.family == family && !address.ip.is_link_local()) return address;
    return std::nullopt;
}

std::string line_of(const Link& link) {
    return "link " + link.name;
}

class Leases {
  public:
    Leases(Lab& lab, Diagnostics& diagnostics) : lab_(lab), diagnostics_(diagnostics) {}

    void run() {
        for (const Segment& segment : lab_.segments) {
            if (segment.dhcp && !segment.dhcp->own) serve_dhcp(segment);
            if (segment.ra) advertise(segment);
        }
        for (auto& [node, lines] : servers_) {
            Node& server = lab_.nodes[node];
            server.files.insert_or_assign(server_file,
                                          generated(server_head + lines, 0644, server.where));
            Service service;
            service.name = server_service;
            service.argv = {{"dnsmasq", server.where},
                            {std::string("--conf-file=") + server_file, server.where}};
            if (dhcp_.contains(node)) service.ready = {Ready::Kind::udp, "67"};
            service.user = "root";
            add_service(server, std::move(service));
        }
        for (Node& node : lab_.nodes)
            for (const Interface& interface : node.interfaces) {
                if (interface.ipv4 == AddressMode::dhcp) ask(node, interface);
                if (interface.ipv6 == AddressMode::slaac) listen(node, interface);
            }
    }

  private:
    // The first router with an address there; one that translates towards it has its own elsewhere.
    std::optional<End> router_on(const Segment& segment, Family family) const {
        for (const End& end : segment.ends) {
            const Node& node = lab_.nodes[end.node];
            if (node.forwards() && !masquerades(node, lab_.at(end)) &&
                first_address(lab_.at(end), family))
                return end;
        }
        return std::nullopt;
    }

    std::string& lines_of(const End& end) {
        std::string& lines = servers_[end.node];
        const std::string one = "interface=" + lab_.at(end).name + "\n";
        if (lines.find(one) == std::string::npos) lines += one;
        return lines;
    }

    void serve_dhcp(const Segment& segment) {
        const Dhcp& dhcp = *segment.dhcp;
        const Link& link = lab_.links[segment.links.front()];
        std::optional<End> server = router_on(segment, Family::ipv4);
        if (!dhcp.server.text.empty()) {
            server.reset();
            for (const End& end : segment.ends)
                if (!server && lab_.nodes[end.node].name == dhcp.server.text &&
                    first_address(lab_.at(end), Family::ipv4))
                    server = end;
        }
        if (!server) {
            diagnostics_.error(
                "D35", dhcp.where,
                dhcp.server.text.empty()
                    ? "no router with an IPv4 address on " + line_of(link) + " to serve DHCP"
                    : dhcp.server.text + " has no IPv4 address on " + line_of(link) +
                          " to serve DHCP from",
                dhcp.server.text.empty() ? "dhcp = { server = \"NODE\" }"
                                         : "addresses on its end of that link");
            return;
        }
        const Prefix own = *first_address(lab_.at(*server), Family::ipv4);
        const std::string tag = lab_.at(*server).name;
        std::string lines;
        for (const auto& [first, last] : ranges(segment, dhcp, own))
            lines += "dhcp-range=set:" + tag + "," + first.text() + "," + last.text() + "," +
                     mask_of(own.length) + "," + std::to_string(dhcp.lease_s) + "\n";
        if (lines.empty()) {
            diagnostics_.error("D30", dhcp.where,
                               "network " + own.network().text() + " has no room for DHCP",
                               "a wider prefix, or dhcp = { range = \"FIRST-LAST\" }");
            return;
        }
        // Without a word on routers and name servers dnsmasq would name itself.
        const std::optional<Ip> gateway = gateway_of(segment);
        lines += "dhcp-option=tag:" + tag + ",option:router" +
                 (gateway ? "," + gateway->text() : "") + "\n";
        std::string dns;
        for (const Text& one : dhcp.dns)
            if (const auto ip = name_server(one)) dns += "," + ip->text();
        lines += "dhcp-option=tag:" + tag + ",option:dns-server" + dns + "\n";
        lines_of(*server) += lines;
        dhcp_.insert(server->node);
    }

    static std::string mask_of(unsigned length) {
        const Number mask = length == 0 ? 0 : (Number{0xffffffff} << (32 - length)) & 0xffffffff;
        return to_ip(Family::ipv4, mask).text();
    }

    std::optional<Ip> gateway_of(const Segment& segment) const {
        if (segment.gateway) {
            if (segment.gateway->text.empty()) return std::nullopt;
            if (const auto ip = Ip::parse(segment.gateway->text)) {
                if (ip->family == Family::ipv4) return ip;
            } else {
                for (const End& end : segment.ends)
                    if (lab_.nodes[end.node].name == segment.gateway->text)
                        if (const auto own = first_address(lab_.at(end), Family::ipv4))
                            return own->ip;
            }
        }
        const auto router = router_on(segment, Family::ipv4);
        if (!router) return std::nullopt;
        return first_address(lab_.at(*router), Family::ipv4)->ip;
    }

    std::optional<Ip> name_server(const Text& text) {
        if (const auto ip = Ip::parse(text.text)) return ip;
        const Node* node = lab_.find(text.text);
        const auto ip = node == nullptr ? std::nullopt : primary(*node, Family::ipv4);
        if (!ip)
            diagnostics_.error("D50", text.where,
                               text.text + " has no IPv4 address to ask for names",
                               "dns = [\"NODE\"] or an address");
        return ip;
    }

    // .100 to .199, or the upper half of a small network; without what is somebody's already.
    std::vector<std::pair<Ip, Ip>> ranges(const Segment& segment, const Dhcp& dhcp,
                                          const Prefix& own) {
        const Number base = first_number(own.network()), end = last_number(own.network());
        Number first = base + 100, last = base + 199;
        if (end - base < 200) {
            first = base + (end - base) / 2 + 1;
            last = end - 1;
        }
        if (dhcp.range) {
            first = to_number(dhcp.range->first);
            last = to_number(dhcp.range->second);
            if (!own.contains(dhcp.range->first) || !own.contains(dhcp.range->second)) {
                diagnostics_.error(
                    "D35", dhcp.where,
                    "the range of DHCP is not in the network " + own.network().text(),
                    "a range inside of it");
                return {};
            }
        }
        std::set<Number> taken;
        for (const End& one : segment.ends)
            for (const Prefix& address : lab_.at(one).addresses)
                if (address.ip.family == Family::ipv4) taken.insert(to_number(address.ip));
        std::vector<std::pair<Ip, Ip>> out;
        Number from = first;
        taken.insert(last + 1);
        for (const Number stop : taken) {
            if (stop < from || stop > last + 1) continue;
            if (stop > from)
                out.emplace_back(to_ip(Family::ipv4, from), to_ip(Family::ipv4, stop - 1));
            from = stop + 1;
        }
        return out;
    }

    void advertise(const Segment& segment) {
        const Advertise& ra = *segment.ra;
        bool any = false;
        for (const End& end : segment.ends) {
            const Node& node = lab_.nodes[end.node];
            const auto own = first_address(lab_.at(end), Family::ipv6);
            if (!node.forwards() || !own || masquerades(node, lab_.at(end))) continue;
            any = true;
            const std::string& device = lab_.at(end).name;
            // Every 4 s: who comes up later does not ask, it only listens.
            lines_of(end) += "dhcp-range=" + own->network().ip.text() + "," +
                             (ra.other ? "ra-stateless" : "ra-only") +
                             (ra.onlink ? "" : ",off-link") + "," + std::to_string(own->length) +
                             ",86400\nra-param=" + device + ",4," + std::to_string(ra.lifetime_s) +
                             "\n";
        }
        if (!any)
            diagnostics_.error("D35", ra.where,
                               "no router with an IPv6 address on " +
                                   line_of(lab_.links[segment.links.front()]) + " to advertise",
                               "ra = true is for networks of routers that have IPv6");
    }

    // Somebody out of our sight may serve there.
    bool may_be_served(const Segment& segment) const {
        return std::any_of(segment.ends.begin(), segment.ends.end(), [&](const End& end) {
            const Kind kind = lab_.nodes[end.node].kind;
            return kind == Kind::nat || kind == Kind::external;
        });
    }

    void ask(Node& node, const Interface& interface) {
        if (interface.segment == npos) return;
        const Segment& segment = lab_.segments[interface.segment];
        const bool own = std::any_of(segment.ends.begin(), segment.ends.end(), [&](const End& end) {
            const std::optional<Dhcp>& said = lab_.nodes[end.node].dhcp;
            return said && said->own;
        });
        if (!segment.dhcp && !own && !may_be_served(segment))
            diagnostics_.warning(
                "D35", interface.where,
                "no DHCP server in this network for " + node.name + "." + interface.name,
                "dhcp = true on the link, or x-dhcp = true if you run your own");
        node.files.insert_or_assign(client_file, generated(dhcp_client, 0755, node.where));
        node.files.insert_or_assign(event_file, generated(dhcp_event, 0755, node.where));
        Service service;
        service.name = "dhcp-" + interface.name;
        service.argv = {
            {"/bin/sh", node.where}, {client_file, node.where}, {interface.name, node.where}};
        service.user = "root";
        service.grace_ms = 3000;
        // Whoever is served by labd has its address when `up` returns.
        for (const End& end : segment.ends)
            if (segment.dhcp && dhcp_.contains(end.node) && serves(segment, end)) {
                service.after = {{lab_.nodes[end.node].name + "/" + server_service, node.where}};
                service.ready = {Ready::Kind::file, "/run/dhcp-" + interface.name};
            }
        add_service(node, std::move(service));
    }

    bool serves(const Segment& segment, const End& end) const {
        if (segment.dhcp->own) return false;
        if (!segment.dhcp->server.text.empty())
            return lab_.nodes[end.node].name == segment.dhcp->server.text;
        return router_on(segment, Family::ipv4) == end;
    }

    void listen(const Node& node, const Interface& interface) {
        if (interface.segment == npos) return;
        const Segment& segment = lab_.segments[interface.segment];
        const bool own = std::any_of(segment.ends.begin(), segment.ends.end(), [&](const End& end) {
            const Node& other = lab_.nodes[end.node];
            return other.name != node.name && configures_itself(other);
        });
        if (!segment.ra && !own && !may_be_served(segment))
            diagnostics_.warning("D35", interface.where,
                                 "no router advertises itself in this network for " + node.name +
                                     "." + interface.name,
                                 "ra = true on the link");
    }

    Lab& lab_;
    Diagnostics& diagnostics_;
    std::map<std::size_t, std::string> servers_;  // node → lines
    std::set<std::size_t> dhcp_;                  // of these, those with DHCP
};

}  // namespace

void configure_leases(Lab& lab, Diagnostics& diagnostics) {
    Leases(lab, diagnostics).run();
}

}  // namespace topology
