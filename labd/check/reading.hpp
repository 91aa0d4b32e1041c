// What the kernel of one node holds, as a check compares it.
#pragma once

#include "topology/ip.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace labd::check {

struct Reading {
    struct Vlan {
        std::uint16_t id = 0;
        bool pvid = false, untagged = false;
    };
    struct Port {
        bool isolated = false;
        std::uint8_t state = 3;  // BR_STATE_…: 3 forwards
        bool filters = false;    // its bridge looks at VLANs
        std::vector<Vlan> vlans = {};
    };
    struct Link {
        std::uint32_t index = 0;
        std::string name;
        bool up = false, carrier = false;
        std::uint32_t mtu = 0;
        std::string mac = {}, kind = {};
        bool arp = true;
        std::optional<Port> port = {};  // of a bridge
    };
    struct Address {
        std::string dev;
        topology::Prefix prefix;
    };
    struct Hop {
        std::optional<topology::Ip> via;
        std::string dev;
    };
    struct Route {
        topology::Prefix destination;
        std::vector<Hop> hops;  // none: blackhole
        std::uint32_t metric = 0, table = 254;
        std::uint8_t protocol = 0;
    };
    struct Neighbor {
        std::string dev;
        topology::Ip ip;
        std::string mac;
        std::uint16_t state = 0;  // NUD_…
    };
    std::vector<Link> links;
    std::vector<Address> addresses;
    std::vector<Route> routes;
    std::vector<Neighbor> neighbors;
    // Of a switch, when it is asked for: "chain y of table bridge f, policy drop".
    std::vector<std::string> frame_drops = {};

    const Link* link(const std::string& name) const;
};

// On the kernel thread; `netns` is borrowed. Throws netlink::Error.
Reading read_kernel(int netns);

std::vector<std::string> read_frame_drops(int netns);

// rtnetlink's numbers and words, as ip-route(8) has them.
std::string protocol_name(std::uint8_t protocol);
std::optional<std::uint8_t> protocol_number(const std::string& name);

}  // namespace labd::check
