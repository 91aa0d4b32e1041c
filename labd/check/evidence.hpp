// Why a check has failed: what has been gathered for it, and what follows. Values only; gathering
// is diagnose.cpp's business, concluding explain's and routing's.
#pragma once

#include "labd/check/question.hpp"
#include "labd/check/rule_trace.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace labd::check {

// One node on a packet's way, by its own kernel's word.
struct Stop {
    std::string node;
    std::string in, out;  // interfaces; "" where the way begins and where it ends
    int error = 0;        // netlink::Lookup
    // Of a packet that came in and was refused: what its own packets to there would get, and by
    // which interface it would answer the sender.
    int own_error = 0;
    std::string back_by{};
    bool local = false;  // it is this node's
    std::optional<topology::Ip> via{};
    std::vector<std::string> next{};  // who holds the next address behind `out`
};

struct Way {
    topology::Ip from, to;
    std::vector<Stop> stops;
    bool arrived = false, circle = false;
};

// What a node says of itself, by section: "forward4", "nft", "sockets", … Hostile input.
using Inside = std::map<std::string, std::string>;

struct Evidence {
    std::optional<Flow> flow;
    Way there, back;
    std::map<std::string, Reading> readings;
    std::map<std::string, Inside> inside;
    // Counters while the packets were sent once more: how many a node has forwarded, and how many
    // echo requests it has heard. Only of nodes that could be asked.
    std::map<std::string, double> forwarded, heard;
    double sent = 0;  // so many were
    struct Datagrams {
        double taken = 0, sent = 0;  // by programs
    };
    std::map<std::string, Datagrams> datagrams;  // meanwhile, where the packets are UDP's
    // What firewalls dropped of them, of those nodes that could trace it.
    std::map<std::string, std::vector<RuleDrop>> traced;
    std::map<std::string, Inside> routing;  // what vtysh says, by command
    // Nodes that run nothing now: "is stopped (lab start r2)".
    std::map<std::string, std::string> resting;
    std::set<std::string> asked;        // nodes that the check is about
    std::set<std::string> off_by_file;  // links that the file has switched off
    // What the check itself has broken: known, and not why it fails.
    std::optional<topology::Fault> fault;
    bool broke_link(const std::string& name) const {
        return fault &&
               std::find(fault->links.begin(), fault->links.end(), name) != fault->links.end();
    }
    bool broke_node(const std::string& name) const {
        return fault && fault->kind == topology::Fault::Kind::stop && fault->node == name;
    }
};

struct Diagnosis {
    std::string node;                 // where packets die, or what is wrong; "" = not found
    std::string where;                // "died at r2: no route to 10.0.3.2 (r2 has 4 routes; …)"
    std::vector<std::string> causes;  // likely ones, the likeliest first
    std::vector<std::string> facts;   // "r2's routes: …"
    bool empty() const { return where.empty() && causes.empty(); }
};

// explain.cpp: packets. Pure.
Diagnosis explain(const Evidence& evidence, const topology::Lab& lab);
// The same of packets that should not have come through.
Diagnosis explain_passage(const Evidence& evidence, const topology::Lab& lab);
// routing_causes.cpp: neighbours of routing protocols that should be there, and why not; who does
// not announce the wanted network. Pure.
std::vector<std::string> routing_causes(const Evidence& evidence, const topology::Lab& lab,
                                        const std::optional<topology::Prefix>& wanted = {});
// unspoken.cpp: of a check of a routing protocol who should speak it, as the file has it or a
// router's own configuration, and does not. Pure.
std::vector<std::string> unspoken(const topology::Check& check, const Evidence& evidence,
                                  const topology::Lab& lab);
// Of a check that fails while its own fault is in, when nothing else is wrong.
std::string not_around(const topology::Fault& fault, const topology::Lab& lab);
// The one that a check of a route wants to be there.
std::optional<topology::Prefix> network_asked_for(const topology::Check& check);
// The commands for Evidence::routing.
std::vector<std::string> routing_commands();

}  // namespace labd::check
