// What labd answers, as plain values: what tables, node sets and `ping` work on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct LabSummary {
    std::string name, state, reason, owner, file, description;
    std::uint64_t nodes = 0, links = 0;
    double age = 0;
};

struct InterfaceState {
    std::string name, mac, link, peer;
    std::vector<std::string> addresses;
    std::uint64_t mtu = 0, rx_bytes = 0, tx_bytes = 0;
    bool up = false, carrier = false;
};

struct ServiceState {
    std::string name, state, text;
    std::uint64_t restarts = 0;
};

struct NodeState {
    std::string name, kind, level, state, reason, netns;
    std::optional<std::uint64_t> pid;  // of its lab-init, as the host sees it; a plain switch: none
    double uptime = 0;
    std::vector<std::string> addresses;
    std::vector<InterfaceState> interfaces;
    std::vector<ServiceState> services;
};

struct LinkState {
    using Impairment = std::vector<std::pair<std::string, std::string>>;
    struct End {
        std::string node, interface;
        Impairment impairment;  // of what it sends
    };
    std::string name, state;
    std::string asked;  // "down, asked for, 4 s more", "" = what the file says
    std::uint64_t mtu = 0;
    std::vector<End> ends;
    Impairment impairment;            // of all its ends
    std::string back_end;             // netem, nft, none
    std::vector<std::string> undone;  // what the kernel cannot do of it
    std::string impaired;             // "impaired by hand, 4 s more"; "" = as the file says
};

struct LabState {
    std::string name, state, reason, file, level, description;
    double age = 0;
    std::vector<NodeState> nodes;
    std::vector<LinkState> links;
    std::vector<std::string> drift;  // "lacks link h1--r1", …: what somebody has changed by hand
    std::vector<std::string> added;  // "address h1:eth0 (192.0.2.7/24)": and what has been added

    const NodeState* find(std::string_view node) const;
};

struct Phase {  // of `up`
    std::string name;
    std::uint64_t done = 0, total = 0;
    double elapsed = 0;
};

// Missing keys keep their defaults; text that is no JSON object at all throws Failure.
std::vector<LabSummary> parse_labs(std::string_view body);
LabState parse_lab(std::string_view body);

}  // namespace cli
