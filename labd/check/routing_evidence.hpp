// What routers say of themselves, read, and what their neighbours' causes are collected in: shared
// by routing_causes.cpp and the protocols' own files.
#pragma once

#include "labd/check/evidence.hpp"
#include "labd/check/frr_config.hpp"

#include <boost/json.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace labd::check {

namespace frr_says {
inline constexpr const char* ospf_interfaces = "show ip ospf interface json";
inline constexpr const char* ospf_neighbors = "show ip ospf neighbor json";
inline constexpr const char* ospf6_interfaces = "show ipv6 ospf6 interface json";
inline constexpr const char* ospf6_neighbors = "show ipv6 ospf6 neighbor json";
inline constexpr const char* bgp_neighbors = "show bgp neighbors json";
inline constexpr const char* bgp_table4 = "show bgp ipv4 unicast json";
inline constexpr const char* bgp_table6 = "show bgp ipv6 unicast json";
inline constexpr const char* isis_neighbors = "show isis neighbor json";
inline constexpr const char* rip_status = "show ip rip status";
inline constexpr const char* babel_interfaces = "show babel interface";
inline constexpr const char* config = "show running-config";
inline constexpr const char* nft = "nft list ruleset";  // no word of FRR's
}  // namespace frr_says

// Values of JSON that may not be there: nullptr and "" then.
const boost::json::value* json_member(const boost::json::value* from, const std::string& key);
std::string json_text(const boost::json::value* from, const std::string& key);

struct Router {
    std::string name;
    const topology::Node* node = nullptr;
    const Reading* reading = nullptr;
    std::map<std::string, std::string> said;
    FrrConfig config;

    // null when the daemon does not answer.
    boost::json::value answer(const char* command) const;
    const FrrConfig::Lines& interface(const std::string& which) const {
        return config.section("interface " + which);
    }
};
using Routers = std::map<std::string, Router>;

// Two routers on one wire.
struct RouterWire {
    const Router &a, &b;
    const topology::Interface &ia, &ib;
    std::string pair(const char* protocol) const {  // "OSPF r1–r2: "
        return std::string(protocol) + " " + a.name + "–" + b.name + ": ";
    }
    std::string place() const {  // " on r1's eth1 and r2's eth0"
        return " on " + a.name + "'s " + ia.name + " and " + b.name + "'s " + ib.name;
    }
};

// "area 0 vs 1, r2's eth0 is passive": what differs between two ends, and what else is wrong.
class Differences {
  public:
    // Both must be known.
    void values(const std::string& what, const std::string& one, const std::string& other) {
        if (!one.empty() && !other.empty() && one != other) say(what + " " + one + " vs " + other);
    }
    void say(const std::string& words) { text_ += (text_.empty() ? "" : ", ") + words; }
    // Secrets are compared, and never shown.
    void secrets(const std::string& what, const RouterWire& wire, const std::string& one,
                 const std::string& other);
    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }

  private:
    std::string text_;
};

class CauseList {
  public:
    void add(std::string text);
    // Told after all others, when there is room.
    void weak(std::string text) { weak_.push_back(std::move(text)); }
    // Told when there are no others at all.
    void last(std::string text) { last_.push_back(std::move(text)); }
    bool empty() const { return causes_.empty(); }
    void forget(const std::function<bool(const std::string&)>& which);
    std::vector<std::string> take();

  private:
    std::vector<std::string> causes_, weak_, last_;
};

std::string mtu_of(const Router& router, const std::string& interface);
// One of them has a BGP session with the other's address on it.
bool has_bgp(const RouterWire& wire);
// The networks of the two ends of a wire, where no pair of addresses shares one.
void unequal_networks(const RouterWire& wire, Differences& differences);

// Of one wire.
void ospf_causes(const RouterWire& wire, CauseList& causes);
void ospf6_causes(const RouterWire& wire, CauseList& causes);
// Of all of them together: router ids, areas, default routes.
void ospf_domain_causes(const Routers& all, CauseList& causes);
void isis_causes(const RouterWire& wire, CauseList& causes);
void rip_causes(const RouterWire& wire, CauseList& causes);
void babel_causes(const RouterWire& wire, CauseList& causes);
// Of every session of a router.
void bgp_causes(const Router& router, const Routers& all, CauseList& causes);

// announce_causes.cpp: who should announce the network, and does not.
void announce_causes(const topology::Prefix& network, const Routers& all, CauseList& causes);
// filter_causes.cpp: who knows the network, and what keeps it from going on.
void filter_causes(const topology::Prefix& network, const Routers& all, CauseList& causes);
// bgp_table_causes.cpp: who has it from a neighbour and cannot use it, or may not pass it on.
void bgp_table_causes(const topology::Prefix& network, const Routers& all, CauseList& causes);
// hidden_causes.cpp: who tells of it as a part of a larger one, or not to everybody. `asked`: who
// is to have it; none: anybody.
void hidden_causes(const topology::Prefix& network, const std::set<std::string>& asked,
                   const Routers& all, CauseList& causes);
// "network eth0" or "network 10.0.0.0/8" of RIP.
bool rip_speaks_on(const Router& router, const std::string& interface);
bool babel_speaks_on(const Router& router, const std::string& interface);

}  // namespace labd::check
