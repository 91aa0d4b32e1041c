// What a [[check]] asks of a lab that runs, as plain values: one subject, and what all of them have
// in common. labd/check/ asks; `lab help checks` is the page for users.
#pragma once

#include "topology/text.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace topology {

// "< 1%", "> 700mbit", "2": a number and the side of it that is right.
struct Bound {
    enum class Side { less, at_most, equal, at_least, more } side = Side::equal;
    double value = 0;  // percent, seconds, bits per second, or a count
    std::string text;  // as written
    bool holds(double number) const;
    bool operator==(const Bound&) const = default;
};

// "~ REGEX" is looked for (POSIX extended); anything else is the whole text, but for a newline at
// its end.
struct TextMatch {
    bool regex = false;
    Text text;
    bool operator==(const TextMatch&) const = default;
};

enum class FamilyWish { prefer, ipv4, ipv6, both };
enum class Protocol { ospf, bgp, isis, rip };

namespace subject {

// Every one of `from` to every one of `to`, but nobody to itself. A target is the name of a node,
// an address, or a name for the node's own resolver.
struct Ping {
    std::vector<std::string> from;
    std::vector<Text> to;
    FamilyWish family = FamilyWish::prefer;
    std::uint32_t count = 1;
    std::optional<std::uint32_t> size;  // payload, bytes
    std::optional<Bound> loss, rtt;     // without `loss` every request must be answered
    bool whole_lab = false;             // written as all-reachable
    bool operator==(const Ping&) const = default;
};

struct Connect {  // tcp, udp
    bool udp = false;
    std::vector<std::string> from;
    std::vector<Text> to;
    std::uint16_t port = 0;
    FamilyWish family = FamilyWish::prefer;
    bool operator==(const Connect&) const = default;
};

struct Http {
    std::vector<std::string> from;
    Text url;  // http://HOST[:PORT]/PATH
    std::uint32_t status = 200;
    std::optional<TextMatch> body;
    FamilyWish family = FamilyWish::prefer;
    bool operator==(const Http&) const = default;
};

struct Dns {
    std::vector<std::string> nodes;
    Text name;
    std::string type = "A";
    std::vector<Text> is;        // the answers, in any order; empty: at least one
    std::optional<Text> server;  // else the first of the node's /etc/resolv.conf
    bool operator==(const Dns&) const = default;
};

struct Path {
    std::string from;
    Text to;
    std::vector<std::string> hops;  // every node in between and the last; empty: not said
    std::vector<std::string> via, not_via;
    FamilyWish family = FamilyWish::prefer;
    // The way that packets take; or, by the forwarding tables, one or each of equal cost.
    enum class Ecmp { taken, any, all } ecmp = Ecmp::taken;
    bool operator==(const Path&) const = default;
};

struct Route {  // the kernel's
    std::vector<std::string> nodes;
    Text prefix;              // a network, or "default"
    std::optional<Text> via;  // a node or an address
    std::string dev, proto;
    std::optional<std::uint32_t> metric;
    std::uint32_t table = 254;
    bool absent = false;
    bool operator==(const Route&) const = default;
};

struct Address {
    std::vector<std::string> nodes;
    std::string dev;  // "": on any
    std::vector<Text> is;
    bool operator==(const Address&) const = default;
};

struct Link {
    std::vector<std::string> nodes;
    std::string dev;
    bool up = true;
    std::optional<std::uint32_t> mtu;
    bool operator==(const Link&) const = default;
};

struct Neighbor {  // of ARP and neighbour discovery
    std::vector<std::string> nodes;
    std::string dev;  // "": on any
    Text is;          // a node or an address
    bool operator==(const Neighbor&) const = default;
};

struct Neighbors {  // of a routing protocol: adjacencies and sessions
    Protocol protocol = Protocol::ospf;
    std::vector<std::string> nodes;
    std::optional<Bound> count;     // how many are Full, Established, Up
    std::vector<std::string> with;  // these nodes are among them
    FamilyWish family = FamilyWish::prefer;
    bool operator==(const Neighbors&) const = default;
};

struct ProtocolRoute {  // what the daemon knows
    Protocol protocol = Protocol::bgp;
    std::vector<std::string> nodes;
    Text prefix;
    std::optional<Text> via;
    std::optional<std::vector<std::uint32_t>> aspath;
    std::optional<std::uint32_t> med, local_pref, metric;
    std::vector<std::string>
        communities;               // "65001:10", "no-export", "1:2:3": all of them are there
    std::optional<Text> next_hop;  // as announced: a node or an address
    std::string origin;            // "IGP", "EGP", "incomplete"
    bool absent = false;
    bool operator==(const ProtocolRoute&) const = default;
};

struct Throughput {
    std::string from;
    Text to;
    std::optional<Bound> rate;  // bits per second
    double time_s = 3;
    bool udp = false;
    FamilyWish family = FamilyWish::prefer;
    bool operator==(const Throughput&) const = default;
};

struct Run {
    std::vector<std::string> nodes;
    std::vector<Text> argv;  // a string in the file is {"/bin/sh", "-c", STRING}
    Text input;
    std::uint32_t exit = 0;
    std::optional<TextMatch> stdout_;
    std::string json;  // a JSON pointer (RFC 6901) into its stdout; "" with `has_json`: all of it
    bool has_json = false;
    std::optional<Text> is;  // the value there, a string without its quotes
    bool operator==(const Run&) const = default;
};

struct Process {
    std::vector<std::string> nodes;
    std::string name;
    bool operator==(const Process&) const = default;
};

struct File {
    std::vector<std::string> nodes;
    Text path;
    std::optional<Text> contains;
    std::optional<TextMatch> is;
    bool absent = false;
    bool operator==(const File&) const = default;
};

struct Sysctl {
    std::vector<std::string> nodes;
    std::string key;  // with dots
    Text is;
    bool operator==(const Sysctl&) const = default;
};

struct NoLoops {
    bool operator==(const NoLoops&) const = default;
};

struct NoDrops {
    std::vector<std::string> nodes;
    bool operator==(const NoDrops&) const = default;
};

struct Converged {
    double quiet_s = 2;  // no route has changed for so long
    bool operator==(const Converged&) const = default;
};

}  // namespace subject

using Subject =
    std::variant<subject::Ping, subject::Connect, subject::Http, subject::Dns, subject::Path,
                 subject::Route, subject::Address, subject::Link, subject::Neighbor,
                 subject::Neighbors, subject::ProtocolRoute, subject::Throughput, subject::Run,
                 subject::Process, subject::File, subject::Sysctl, subject::NoLoops,
                 subject::NoDrops, subject::Converged>;

// What is broken while a check is asked, and mended after it whatever happens.
struct Fault {
    enum class Kind { down, stop, kill, flap, impair } kind = Kind::down;
    std::vector<std::string> links;  // down, flap, impair
    // Of impair: the end of each of them whose sending it is about, as NODE:INTERFACE; none: all
    // of their ends.
    std::vector<std::string> ends;
    std::string settings;       // of impair: keys of a link with their values, as a JSON object
    std::string node, process;  // stop, kill
    std::string text;           // "r2--r3 down": in reports
    bool before = true;         // the check must hold before the fault, too
    double every_s = 1;         // of flap: from one fall to the next, half of it down
    Where where;
    bool operator==(const Fault&) const = default;
};

struct Check {
    std::string key;   // of its subject: "ping"
    std::string name;  // written, or made of the subject
    Subject subject;
    double within_s = 5;   // until then it must be true
    double hold_s = 0;     // `for`: and stay so
    double every_s = 0.5;  // the longest pause between two tries
    bool negated = false;  // `not`: with sets, none of them may be
    std::vector<Text> after;
    std::optional<Fault> during;
    double points = 0;  // 0: not graded
    std::string hint;
    bool warning = false;  // level = "warn": told, and no failure
    std::vector<std::string> tags;
    std::string toml;  // the table as written, sets and all, for the resolved form
    // The same with its ${h2.ipv4}, "" when it has none: what another lab is asked.
    std::string with_references;
    Where where;
    bool operator==(const Check&) const = default;
};

// Everything in a check that may hold late references.
void for_each_text(Check& check, const std::function<void(Text&)>& visit);

// One sentence of what a check asks: "ping h1 → h2", "route 10.0.3.0/24 on r1 via r2".
std::string describe(const Check& check);

}  // namespace topology
