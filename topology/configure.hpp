// Inside the station `configure`: what the protocol files share.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace topology {

// Who speaks what, looked up once for the lab.
class Speakers {
  public:
    explicit Speakers(const Lab& lab);
    bool speaks(std::size_t node, Routing protocol) const;
    // Is there another one on the segment of this node's interface, or somebody who may be one:
    // what a configuration of its own speaks is not read?
    bool has_peer(std::size_t node, std::size_t interface, Routing protocol) const;

    const Lab& lab;
    std::map<std::uint32_t, std::vector<std::size_t>> systems;  // BGP: asn → nodes
    // IS-IS is told lab-wide: some network has one family only; the smallest MTU.
    bool isis_mixed = false;
    std::uint32_t isis_mtu = 1500;

  private:
    std::vector<std::uint32_t> spoken_;                          // by node, a bit per protocol
    std::map<std::pair<std::size_t, Routing>, unsigned> count_;  // by segment
};

// An interface that a generated protocol runs on.
struct Port {
    std::size_t index = 0;
    const Interface* interface = nullptr;
    const Segment* segment = nullptr;
    bool ipv4 = false, ipv6 = false;  // has a way to carry that family
    bool point_to_point = false;
};
// All of a node's that are not private, in order.
std::vector<Port> ports_of(const Lab& lab, std::size_t node);

// It has a way out of the lab, by a nat beside it, to tell the others of.
bool leads_out(const Lab& lab, std::size_t node, Family family);

// The router id: the IPv4 loopback, else the number that it would have.
std::string router_id(const Lab& lab, const Node& node);
const Timers& timers_of(const Node& node, const Interface& interface);
bool is_passive(const Speakers& speakers, std::size_t node, const Port& port, Routing protocol);
std::uint32_t cost_of(const Interface& interface);
std::string seconds(double value);  // a whole number, at least 1

// frr.conf while it is being written.
class FrrConfig {
  public:
    void line(const std::string& interface, std::string text);
    // "router ospf" and what is in it.
    void block(std::string head, std::vector<std::string> lines);
    void global(std::string text) { globals_.push_back(std::move(text)); }
    void daemon(const std::string& name) { daemons_.insert(name); }
    const std::set<std::string>& daemons() const { return daemons_; }
    std::string text() const;

  private:
    std::vector<std::pair<std::string, std::vector<std::string>>> interfaces_, blocks_;
    std::vector<std::string> globals_;
    std::set<std::string> daemons_;
};

void configure_ospf(const Speakers& speakers, std::size_t index, FrrConfig& config);
void configure_isis(const Speakers& speakers, std::size_t index, FrrConfig& config);
void configure_bgp(const Speakers& speakers, std::size_t index, FrrConfig& config);
void configure_rip(const Speakers& speakers, std::size_t index, FrrConfig& config);
void configure_babel(const Speakers& speakers, std::size_t index, FrrConfig& config);

// The OSPF area of an end (language.md 8.3); nullopt when the ends of its network disagree.
std::optional<std::uint32_t> ospf_area(const Speakers& speakers, const Segment& segment,
                                       const End& self);

// FRR of one node: files and services, generated or for the files it brings.
void configure_frr(const Speakers& speakers, Node& node, std::size_t index);
void configure_bird(Node& node);
// Servers and clients of DHCP, routers that advertise.
void configure_leases(Lab& lab, Diagnostics& diagnostics);
// /etc/hosts of its own, /etc/resolv.conf and /etc/gai.conf.
void configure_names(const Lab& lab, Node& node, Diagnostics& diagnostics);

// Adds a service unless the user has one of that name.
void add_service(Node& node, Service service);

}  // namespace topology
