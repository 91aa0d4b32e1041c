// The one vocabulary: a lab as plain values. `expand` fills what the file says, `address`,
// `routing` and `configure` add what follows from it; after `resolve` nothing is implicit.
#pragma once

#include "topology/address_services.hpp"
#include "topology/check.hpp"
#include "topology/device.hpp"
#include "topology/diagnostic.hpp"
#include "topology/impairment.hpp"
#include "topology/ip.hpp"
#include "topology/scenario.hpp"
#include "topology/text.hpp"
#include "topology/way_out.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace topology {

enum class Kind { host, router, switch_, hub, nat, external, bare };
enum class Level { open, lab, strict };
enum class Routing { static_, ospf, isis, bgp, rip, babel, none, frr, bird };

// How an end gets its address in one family.
enum class AddressMode {
    automatic,   // from a prefix or pool
    off,         // none
    unnumbered,  // IPv4 only: borrows the loopback's
    link_local,  // IPv6 only
    dhcp,        // IPv4 so far: a client of the node asks for it
    slaac,       // IPv6: by what routers advertise
};

struct Timers {  // of routing protocols, seconds
    double hello = 1, dead = 4;
    bool standard = false;  // the daemons' own defaults, hello and dead unused
    bool operator==(const Timers&) const = default;
};

struct Interface {
    std::string name;  // "eth0"
    DeviceKind kind = DeviceKind::veth;
    DeviceSettings device;    // of other kinds
    std::uint32_t index = 0;  // ifindex in the node: eth0 = 100, …; others from 200 in order
    Mac mac;
    std::uint32_t mtu = 1500;
    bool up = true;  // false: administratively down from the start
    // Lab::links, npos for a device inside the node; and its end there, npos for what stands on an
    // end (a VLAN of a trunk) or for several of them (a bond).
    std::size_t link = 0;
    std::size_t end = 0;
    std::size_t segment = 0;  // Lab::segments, npos for a port of a switch

    // As the file says.
    std::vector<std::pair<Prefix, Where>> explicit_addresses;
    AddressMode ipv4 = AddressMode::automatic, ipv6 = AddressMode::automatic;
    std::optional<std::uint32_t> cost;  // default 10
    std::optional<std::uint32_t> area;
    std::optional<std::uint8_t> priority;  // OSPF designated router
    std::optional<Timers> timers;
    std::optional<bool> passive;
    std::optional<Text> gateway;  // NODE or address of this end's default route; "" = none
    bool mac_explicit = false;
    Impairment impairment;  // of what it sends
    // A check or a step of the file will impair it so that its link takes the relay.
    bool relayed = false;
    PortOptions port;  // of a bridge
    Vlans vlans;
    std::string vrf;                           // "" = none
    std::string master;                        // a bridge or bond inside the node, "" = none
    bool stp = false, vlan_filtering = false;  // of a bridge inside the node

    // Filled by `address`: everything this interface holds, in order, the first of a family first.
    std::vector<Prefix> addresses;
    Where where;

    bool is_end() const { return end != npos; }
    bool operator==(const Interface&) const = default;
};

struct Route {
    Prefix destination;  // length 0 = default
    struct Hop {
        std::optional<Ip> via;  // a v4 destination may have a v6 next hop (RFC 5549)
        std::string dev;        // "" only with via and not onlink
        bool operator==(const Hop&) const = default;
    };
    std::vector<Hop> hops;      // more than one: equal cost; none: blackhole
    std::uint32_t metric = 0;   // 0: the kernel's default (0 for IPv4, 1024 for IPv6)
    std::uint32_t table = 254;  // RT_TABLE_MAIN
    bool onlink = false;
    enum class Origin { gateway, computed, written } origin = Origin::written;
    Where where;
    bool operator==(const Route&) const = default;
};

struct Ready {  // when a service counts as ready
    enum class Kind { started, tcp, udp, file, log, exec, notify, exit } kind = Kind::started;
    std::string argument;  // port, path, regular expression (POSIX extended) or command
    bool operator==(const Ready&) const = default;
};

struct Service {
    std::string name;
    std::vector<Text> argv;  // a string in the file is {"/bin/sh", "-c", STRING}
    Ready ready;
    std::vector<Text> after;  // NODE, NODE.ready, NODE.started, NODE/SERVICE
    enum class Restart { on_failure, always, no } restart = Restart::on_failure;
    std::map<std::string, Text> env;
    std::string user;  // "" = the node's user
    std::string dir = "/";
    int stop_signal = 15;
    std::uint32_t grace_ms = 2000;
    bool generated = false;  // made by labd (frr, bird), not written by the user
    Where where;
    bool operator==(const Service&) const = default;
};

struct Command {  // one `exec` line
    std::vector<Text> argv;
    Where where;
    bool operator==(const Command&) const = default;
};

struct File {             // one file of a node
    std::string content;  // late references as in Text when `expand` is set
    bool expand = false;
    std::uint32_t mode = 0644;
    std::string owner = "root";  // names of the node's /etc/passwd and group
    std::string group = "root";  // "": the owner's primary one
    enum class Origin { overlay, written, generated } origin = Origin::written;
    Where where;
    bool operator==(const File&) const = default;
};

// What is added to the host's clocks in a node's own time namespace.
struct Clock {
    std::int64_t boottime_ns = 0, monotonic_ns = 0;
    bool operator==(const Clock&) const = default;
};

struct Limits {  // of all processes of a node together
    std::optional<std::uint32_t> pids;
    std::optional<std::uint64_t> memory_bytes;
    std::optional<double> cpu_cores;
    bool any() const { return pids || memory_bytes || cpu_cores; }
    bool operator==(const Limits&) const = default;
};

struct Vrf {  // a routing table of its own and the interfaces that use it
    std::string name;
    std::uint32_t table = 0;
    Where where;
    bool operator==(const Vrf&) const = default;
};

struct Node {
    std::string name;
    Kind kind = Kind::host;
    std::string kind_name = "host";       // as written: an own kind keeps its name
    std::vector<std::string> kind_chain;  // own kinds and the built-in, nearest first: for @KIND
    std::vector<long> range_items;        // i, j, k of its name
    std::optional<std::uint32_t> id;      // explicit; `address` fills the rest
    bool loopback = false;
    std::vector<std::pair<Prefix, Where>> explicit_loopbacks;
    std::vector<Prefix> loopbacks;      // filled by `address`
    std::vector<Interface> interfaces;  // in the order their links are made
    std::vector<Text> gateway;          // node level: 0 or 1; text "" = none
    std::vector<Routing> routing;       // empty: by kind (router: static; else none)
    bool routing_explicit = false;
    std::optional<std::uint32_t> asn;
    std::optional<std::uint32_t> area;
    bool route_reflector = false;
    std::vector<std::string> announce{"connected"};
    std::optional<bool> ecmp;
    Timers timers;
    Text frr;                       // lines appended to the generated frr.conf
    std::vector<Text> route_lines;  // `routes` as written
    std::vector<Route> routes;      // filled by `routing`: everything labd installs
    bool stp = false;
    std::optional<std::uint16_t> stp_priority;
    bool vlan_filtering = false;  // a switch that tells VLANs apart: said, or one is used
    std::vector<VlanId> svi;      // VLANs that a switch routes between
    std::vector<Vrf> vrfs;
    std::optional<Where> mpls;  // it forwards labels: where the file says so
    std::optional<Text> nft;    // a ruleset
    std::vector<Masquerade> masquerade;
    std::vector<Forward> forward;
    std::vector<Text> dns;
    std::map<std::string, File> files;  // path → content; overlay, written and generated
    std::vector<Command> exec;
    std::vector<Service> services;
    std::map<std::string, Text> env;
    std::map<std::string, std::pair<std::string, Where>> sysctl;  // dotted keys
    std::vector<Text> wait_for;
    std::optional<Level> level;  // written here; else the lab's
    Where level_where;
    std::optional<Text> root;  // a directory of the host instead of its /usr
    Text device;               // of an external one: an interface of the host
    std::optional<Clock> clock;
    Limits limits;
    std::string user = "root";
    std::string hostname;  // filled: NODE unless written
    std::string label, icon;
    std::vector<std::string> labels;
    std::optional<std::pair<double, double>> position;
    // Segment keys written on a switch.
    std::vector<std::pair<Prefix, Where>> prefixes;
    Text pool;
    std::optional<bool> private_;
    std::optional<Dhcp> dhcp;
    std::optional<Advertise> ra;
    Where where;

    bool forwards() const { return kind == Kind::router || kind == Kind::nat || !svi.empty(); }
    bool is_bridge() const { return kind == Kind::switch_ || kind == Kind::hub; }
    // The outside of the lab stands in the file as a node, and has no namespace.
    bool is_outside() const { return kind == Kind::external; }
    // A switch or hub without svi, run, exec or files is a namespace with a bridge and no process.
    bool has_process() const {
        if (is_outside()) return false;
        return !is_bridge() || !svi.empty() || !services.empty() || !exec.empty() || !files.empty();
    }
    bool operator==(const Node&) const = default;
};

struct End {                    // names one interface of the lab
    std::size_t node = 0;       // Lab::nodes
    std::size_t interface = 0;  // Node::interfaces
    auto operator<=>(const End&) const = default;
};

struct Link {
    std::string name;                    // "h1--r1", "lan-1", or as written
    DeviceKind kind = DeviceKind::veth;  // else a tunnel
    std::vector<End> ends;  // one: a stub; two; more: an implied bridge in the lab's fabric
    bool lan = false;       // written as `lan` or with more than two ends
    bool name_explicit = false;
    std::vector<std::string> labels;
    // Segment keys written on the link.
    std::vector<std::pair<Prefix, Where>> prefixes;
    Text pool;
    std::optional<Text> gateway;
    std::optional<bool> private_;
    std::optional<Dhcp> dhcp;
    std::optional<Advertise> ra;
    Where where;
    bool operator==(const Link&) const = default;
};

// A VLAN of `[vlans]`: the same one in the whole lab, with the segment keys written there.
struct Vlan {
    std::string name;
    VlanId id = 0;
    std::vector<std::pair<Prefix, Where>> prefixes;
    Text pool;
    std::optional<Text> gateway;
    std::optional<bool> private_;
    std::optional<Dhcp> dhcp;
    std::optional<Advertise> ra;
    Where where;
    bool operator==(const Vlan&) const = default;
};

// All ends that hear each other at layer 2. Addresses belong to segments, not to links.
struct Segment {
    std::vector<End> ends;  // only ends that may hold addresses: no switch ports
    std::vector<std::size_t> links;
    std::vector<std::size_t> switches;  // nodes
    std::optional<Prefix> ipv4, ipv6;   // the network it got
    bool link_local_only = false;       // IPv6 by link-local addresses alone
    bool private_ = false;
    std::optional<Text> gateway;
    std::optional<Dhcp> dhcp;
    std::optional<Advertise> ra;
    bool operator==(const Segment&) const = default;
};

struct Pool {
    std::optional<Prefix> ipv4, ipv6;
    bool unnumbered = false;  // IPv4 borrows the loopback
    bool link_local = false;  // IPv6
    std::optional<std::uint8_t> prefix4, prefix6;
    std::uint32_t start = 0;
    Where where;
    bool operator==(const Pool&) const = default;
};

struct Addressing {
    bool automatic = true, ipv4 = true, ipv6 = true;
    Family prefer = Family::ipv4;
    std::map<std::string, Pool> pools;    // "lans", "links", "loopbacks" always there
    std::vector<std::string> pool_order;  // own pools in file order
    bool operator==(const Addressing&) const = default;
};

// What somebody may do with a lab; each includes those before it.
enum class Right {
    see,     // its state, its files, its logs
    enter,   // run commands in its nodes
    change,  // up and down
};

struct Share {  // one user, or the members of one group, beside the owner
    std::string name;
    bool group = false;
    Right right = Right::change;
    Where where;
    bool operator==(const Share&) const = default;
};

// A variable of [vars] and the values that `lab test` gives it.
struct MatrixRow {
    std::string variable;
    std::vector<std::string> values;
    bool operator==(const MatrixRow&) const = default;
};

struct Lab {
    std::string name;
    std::string description;
    Level level = Level::lab;
    Where level_where;
    std::vector<Share> shares;  // `group`, then `allow` in its order
    bool names = true;          // every node in every /etc/hosts
    std::uint64_t seed = 0;
    std::vector<Text> needs;
    Addressing addressing;
    std::vector<Vlan> vlans;        // file order
    std::vector<Node> nodes;        // file order
    std::vector<Link> links;        // file order
    std::vector<Segment> segments;  // filled by `address`
    std::vector<Check> checks;      // file order
    std::vector<TimedStep> steps;   // by their times, then in file order
    std::vector<MatrixRow> matrix;  // without what --set has fixed
    bool operator==(const Lab&) const = default;

    // nullptr when there is none.
    const Node* find(const std::string& node) const {
        for (const Node& n : nodes)
            if (n.name == node) return &n;
        return nullptr;
    }
    Level level_of(const Node& node) const { return node.level.value_or(level); }
    const Interface& at(const End& e) const { return nodes[e.node].interfaces[e.interface]; }
    Interface& at(const End& e) { return nodes[e.node].interfaces[e.interface]; }
};

}  // namespace topology
