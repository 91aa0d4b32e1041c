// What the kernel should hold, what it holds, and the steps between: pure, so that idempotence
// and rollback are tested without root.
#pragma once

#include "topology/back_end.hpp"
#include "topology/device.hpp"
#include "topology/ground.hpp"
#include "topology/model.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace topology {

// A network namespace of a lab is called by its node, or `fabric_name` for the one namespace that
// holds the bridges of implied LANs and the far ends of one-ended links.
inline const std::string fabric_name = "@fabric";

struct DeviceEnd {  // the other end of a veth
    std::string space, device;
    auto operator<=>(const DeviceEnd&) const = default;
};

struct Device {
    using Kind = DeviceKind;
    Kind kind = Kind::veth;
    std::string name;
    std::uint32_t index = 0;
    Mac mac;
    std::uint32_t mtu = 1500;
    bool up = true;
    std::string master;       // bridge, bond or VRF that this belongs to, "" = none
    DeviceEnd peer;           // veth
    DeviceSettings settings;  // neither veth nor bridge
    Wireguard wireguard;
    // VXLAN of more than two ends: who gets what no entry says
    std::set<Ip> floods;
    bool stp = false;              // bridge
    std::uint32_t ageing_s = 300;  // bridge; 0 = hub
    std::optional<std::uint16_t> stp_priority;
    bool vlan_filtering = false;  // bridge
    PortOptions port;             // of a bridge
    PortHabits habits;            // of such a port
    PortVlans vlans;              // of a bridge that tells them apart, and of its ports
    bool quiet = false;           // no IPv6 of its own (bridges, ports, fabric)
    // What its queue disciplines do to what it sends, and, where they cannot, what a packet filter
    // does to what it receives from its peer (see back_end.hpp).
    Impairment sends, receives;
    bool relayed = false;  // to be laid through the relay by fit(), whatever it sends
    bool operator==(const Device&) const = default;
};

struct RouteKey {
    Prefix destination;
    std::uint32_t table = 254, metric = 0;
    auto operator<=>(const RouteKey&) const = default;
};

struct Space {                                                   // one network namespace
    enum class Kind { node, bridge, fabric } kind = Kind::node;  // bridge, fabric: no process
    std::map<std::string, Device> devices;                       // without lo
    std::map<std::string, std::set<Prefix>> addresses;           // device (or "lo") → addresses
    std::map<RouteKey, Route> routes;                            // those labd installs
    Ground ground;                                               // of nodes
    bool operator==(const Space&) const = default;
};

// What lives in a node besides its network; compared by digest.
struct Contents {
    std::map<std::string, std::string> files;     // path → digest
    std::vector<std::string> exec;                // digests, in order
    std::map<std::string, std::string> services;  // name → digest
    std::map<std::string, std::string> sysctl;
    std::string nft;       // digest
    std::string limits;    // as limits_text() says them
    std::string hostname;  // "" = not known
    std::string birth;     // what only a new node can change, in words: "kind host, level lab, …"
    bool operator==(const Contents&) const = default;
};

struct State {
    std::map<std::string, Space> spaces;
    std::map<std::string, Contents> contents;  // nodes with a process only
    // Nodes whose namespace and cables wait for a process: what they were born as. Of what is seen.
    std::map<std::string, std::string> asleep;
    std::string hosts;  // digest of the lab's hosts file
    bool operator==(const State&) const = default;
};

// `kernel`: what it can do to links.
State desired(const Lab& lab, const BackEnds& kernel = {});
// A wish in which the node has no processes and its interfaces are down; its cables stay.
void put_to_sleep(State& wish, const std::string& node);

struct CreateSpace {
    std::string space;
    Space::Kind kind{};
};
struct RemoveSpace {
    std::string space;
    Space::Kind kind{};
};
// The processes of a node end; its namespace and cables stay.
struct StopNode {
    std::string node;
};
// It is born again, and its cables are plugged into its new namespace.
struct StartNode {
    std::string node;
};
struct CreateVeth {
    std::string space;
    Device device;
    std::string peer_space;
    Device peer;
};
struct RemoveVeth {
    std::string space;
    Device device;
    std::string peer_space;
    Device peer;
};
// One end of a cable is plugged into another namespace, where it is another device. The end that
// stays keeps all that it has, and is without carrier meanwhile.
struct MoveVeth {
    std::string space;
    Device device;  // stays, and is still the peer of `from`
    std::string from_space;
    Device from;
    std::string to_space;
    Device to;
};
// Everything that is no veth.
struct CreateDevice {
    std::string space;
    Device device;
};
struct RemoveDevice {
    std::string space;
    Device device;
};
// mtu, mac, up, master, options of a bridge or a port of a device that stays.
struct ChangeDevice {
    std::string space;
    Device from, to;
};
// lo, forwarding, rules and the kernel's own routes of a node that stays.
struct ChangeGround {
    std::string space;
    Ground from, to;
};
struct AddAddress {
    std::string space, device;
    Prefix address;
};
struct RemoveAddress {
    std::string space, device;
    Prefix address;
};
struct AddRoute {
    std::string space;
    Route route;
};
struct RemoveRoute {
    std::string space;
    Route route;
};
struct WriteHosts {
    std::string digest;
};
// The node's contents are brought to the wish by labd; names say what differs. A sysctl that is no
// longer wished goes back to what it was before.
struct WriteFile {
    std::string node, path;
};
struct RemoveFile {
    std::string node, path;
};
struct SetSysctl {
    std::string node, key;
};
struct SetHostname {
    std::string node;
};
struct LoadNft {
    std::string node;
};
struct SetLimits {
    std::string node;
};
struct RunExec {
    std::string node;
    std::size_t index = 0;
};
struct PutService {
    std::string node, service;
};  // new or changed: (re)started
struct RemoveService {
    std::string node, service;
};

using Step =
    std::variant<CreateSpace, RemoveSpace, CreateVeth, RemoveVeth, MoveVeth, CreateDevice,
                 RemoveDevice, ChangeDevice, ChangeGround, AddAddress, RemoveAddress, AddRoute,
                 RemoveRoute, WriteHosts, WriteFile, RemoveFile, SetSysctl, SetHostname, LoadNft,
                 SetLimits, RunExec, PutService, RemoveService, StopNode, StartNode>;

// Steps in an order that works: nodes that stop; removals of routes, addresses, links, spaces; then
// spaces, bridges, links, changes, addresses, ground, routes; then hosts, limits, files, sysctls,
// nft, exec, services. A node whose Contents::birth changed is removed and created again with all
// it holds. Empty when desired == observed as far as labd owns it.
std::vector<Step> plan(const State& desired, const State& observed);

// Whether one of these steps makes that interface, new or moved.
bool makes(const std::vector<Step>& steps, const DeviceEnd& end);
// The interfaces that these steps take away and then make again under their names.
std::vector<DeviceEnd> made_anew(const std::vector<Step>& steps);

// The interface that a sysctl belongs to, "" when to none.
std::string device_of_sysctl(const std::string& key);

// The step that undoes one, where there is one (a program that ran cannot be un-run).
std::optional<Step> inverse(const Step& step);

// Why a namespace that is there cannot stay: "kind host → router", "its init is gone". "" when it
// stays. It comes back if the wish has it.
std::string restart_reason(const State& desired, const State& observed, const std::string& space);

// op: create, update, delete, recreate. kind: node, link, bridge, address, route, limits, file,
// sysctl, hostname, nft, exec, service, hosts. For `up --json` and `plan`.
struct Action {
    struct Change {
        std::string path;  // "mtu", "addresses", "sysctl.net.ipv4.ip_forward"
        std::optional<std::string> from{}, to{};
        bool operator==(const Change&) const = default;
    };
    std::string op, kind, name, detail;
    std::string reason{};  // of recreate
    std::vector<Change> changes{};
    bool operator==(const Action&) const = default;
};
Action describe(const Step& step);

std::string digest(std::string_view data);  // 64-bit FNV-1a as hex: change detection, no security

}  // namespace topology
