// A check between its question and its answer: what has to be heard from nodes and kernels to judge
// it once, and what came of it. Values only: asking is try.cpp's business, judging the subjects'.
#pragma once

#include "labd/check/reading.hpp"
#include "topology/model.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace labd::check {

struct Hold;  // hold.hpp

// A command in a node, with the node's own rights.
struct Ask {
    std::string node;
    std::vector<std::string> argv;
    std::string input;  // its stdin
    double limit_s = 10;
    double least_s = 1;                    // with less it could not answer at all
    std::shared_ptr<Hold> hold = nullptr;  // its stdin stays open until then
};

// What it said: hostile input, bounded.
struct Heard {
    std::string refused;  // why it never ran; "" = it did
    std::string out, err;
    int wait_status = 0;
    bool timed_out = false;
    double after_s = 0;  // since it was asked, when it timed out
    bool ok() const { return refused.empty() && !timed_out && wait_status == 0; }
    int exit_status() const;  // 0…127, or 128+n when killed by signal n
};

struct Question {
    std::vector<Ask> commands;
    std::vector<std::string> spaces;  // nodes whose kernel is read
    std::string broken;               // why it cannot be asked at all; "" = it can
};

struct Answers {
    std::vector<Heard> commands;              // as asked
    std::map<std::string, Reading> spaces;    // those that could be read
    std::map<std::string, std::string> dead;  // node → why it could not
};

// Packets that a finding is about.
struct Flow {
    std::string from, to, address;  // two nodes, or a node and a name; where the packets go
    std::size_t command = 0;        // Question::commands: what sends them
    std::uint16_t port = 0;         // 0: echo requests
    bool udp = false;
    std::uint32_t size = 0;  // bytes of payload when said
    // An answer came, and is not as it should be: so nothing is lost. `slow`: it took too long.
    bool answered = false, slow = false;
    bool connected = false;  // TCP: somebody has taken the connection
    // So many bits a second are wanted, and fewer come; 0: that is not it.
    double wanted_bits = 0;
};

// One part of a check: one pair, one node.
struct Finding {
    std::string what;  // "h1 → h2", "r1"
    bool ok = false;
    std::string value;  // what was seen: "0.3 ms", "no reply"
    std::optional<Flow> flow = {};
    std::string cause = {};   // why it is not ok, when the answer itself tells
    std::string wanted = {};  // instead of the value, where the value does not tell
};

struct Verdict {
    std::vector<Finding> findings;
    std::map<std::string, double> metrics;      // "rtt": seconds, "loss": percent, …
    std::optional<double> lost = std::nullopt;  // of the packets that were sent
    // Not the network's fault: no such program, no such node. Asked again all the same.
    std::string broken;

    // With `negated`, none of them may be true.
    bool holds(bool negated) const;
    // What to show: of a failure what is wrong, of a success what was seen.
    std::string value(bool negated) const;
};

// The two halves of a try, by the subject's type.
Question ask(const topology::Check& check, const topology::Lab& lab);
Verdict judge(const topology::Check& check, const topology::Lab& lab, const Answers& answers);

}  // namespace labd::check
