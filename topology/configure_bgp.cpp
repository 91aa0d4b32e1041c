// BGP as frr.conf says it.
#include "topology/bgp_sessions.hpp"

namespace topology {
namespace {

struct Igp {
    Routing protocol;
    const char *word, *word6;
};
constexpr Igp igps[] = {{Routing::ospf, "ospf", "ospf6"},
                        {Routing::isis, "isis", "isis"},
                        {Routing::rip, "rip", "ripng"},
                        {Routing::babel, "babel", "babel"}};

class Bgp {
  public:
    Bgp(const Speakers& speakers, std::size_t index)
        : speakers_(speakers),
          lab_(speakers.lab),
          index_(index),
          node_(lab_.nodes[index]),
          sessions_(bgp_sessions(speakers, index)) {}

    void run(FrrConfig& config) {
        const bool fast = !node_.timers.standard;
        std::vector<std::string> router{
            "bgp router-id " + router_id(lab_, node_), "no bgp ebgp-requires-policy",
            "no bgp default ipv4-unicast", "no bgp network import-check"};
        if (node_.ecmp.value_or(true)) router.push_back("bgp bestpath as-path multipath-relax");
        if (fast) router.push_back("timers bgp 3 9");
        for (const BgpSession& session : sessions_) {
            const std::string neighbor = "neighbor " + session.peer + " ";
            const Node& other = lab_.nodes[session.other];
            router.push_back(neighbor +
                             (session.unnumbered ? "interface remote-as " : "remote-as ") +
                             std::to_string(other.asn.value_or(0)));
            router.push_back(neighbor + "description " + other.name);
            if (fast) router.push_back(neighbor + "timers connect 1");
            if (!session.source.empty())
                router.push_back(neighbor + "update-source " + session.source);
        }
        family(router, Family::ipv4, config);
        family(router, Family::ipv6, config);
        config.block("router bgp " + std::to_string(node_.asn.value_or(0)), router);
        config.daemon("bgpd");
    }

  private:
    void tell_members(std::vector<std::string>& lines, Family family, FrrConfig& config) const {
        const bool v4 = family == Family::ipv4;
        const std::string name = v4 ? "members" : "members6";
        const std::vector<BgpMember> members = bgp_members(speakers_, index_, sessions_, family);
        if (members.empty()) return;
        for (const auto& [protocol, word, word6] : igps)
            if (speakers_.speaks(index_, protocol))
                lines.push_back(std::string("redistribute ") + (v4 ? word : word6) + " route-map " +
                                name);
        for (const BgpMember& member : members)
            config.global((v4 ? "ip prefix-list " : "ipv6 prefix-list ") + name + " permit " +
                          member.loopback.text());
        config.block(
            "route-map " + name + " permit 10",
            {std::string("match ") + (v4 ? "ip" : "ipv6") + " address prefix-list " + name});
    }

    void family(std::vector<std::string>& router, Family family, FrrConfig& config) const {
        const bool v4 = family == Family::ipv4;
        std::vector<std::string> lines;
        for (const Prefix& net : bgp_networks(speakers_, index_, family))
            lines.push_back("network " + net.text());
        if (leads_out(lab_, index_, family))
            lines.emplace_back(v4 ? "network 0.0.0.0/0" : "network ::/0");
        tell_members(lines, family, config);
        for (const BgpSession& session : sessions_) {
            if (!session.carries(family)) continue;
            const std::string neighbor = "neighbor " + session.peer + " ";
            lines.push_back(neighbor + "activate");
            if (!session.internal) continue;
            lines.push_back(neighbor + "next-hop-self");
            if (session.client) lines.push_back(neighbor + "route-reflector-client");
        }
        if (!node_.ecmp.value_or(true)) {
            lines.push_back("maximum-paths 1");
            lines.push_back("maximum-paths ibgp 1");
        }
        if (lines.empty()) return;
        router.push_back("!");
        router.push_back(v4 ? "address-family ipv4 unicast" : "address-family ipv6 unicast");
        for (const std::string& line : lines) router.push_back(" " + line);
        router.push_back("exit-address-family");
    }

    const Speakers& speakers_;
    const Lab& lab_;
    std::size_t index_;
    const Node& node_;
    std::vector<BgpSession> sessions_;
};

}  // namespace

void configure_bgp(const Speakers& speakers, std::size_t index, FrrConfig& config) {
    // Without a number it cannot be told; D46 says so.
    if (!speakers.speaks(index, Routing::bgp) || !speakers.lab.nodes[index].asn) return;
    Bgp(speakers, index).run(config);
}

}  // namespace topology
