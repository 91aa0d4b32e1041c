// Two readings of a namespace, and what has happened between them, in the words of events.
#pragma once

#include "topology/model.hpp"
#include "topology/plan.hpp"

#include <string>
#include <utility>
#include <vector>

namespace labd {

struct SpaceChange {
    std::string type, action;  // "link" add, remove, change; "address" add, remove; "route" …
    std::string device;        // "" of a route that leads nowhere
    std::vector<std::pair<std::string, std::string>> values;  // {"mtu.from", "1500"}, …
    bool operator==(const SpaceChange&) const = default;
};
std::vector<SpaceChange> changes_of(const topology::Space& before, const topology::Space& after);

// The link that an interface belongs to, "" for none of the file's.
std::string link_name(const topology::Lab& lab, const std::string& node,
                      const std::string& interface);

// What is otherwise than wished, in words: "lacks address h1:eth0 (10.0.1.11/24)", "differs in link
// h1--r1 (h1:eth0.mtu is 9000, wished 1500)". The action is what would put it right.
// What a node has lost of the host is one thing to say, whatever hangs on it: its interface, that
// one's addresses and the routes by them.
std::vector<topology::Action> ties_as_one(std::vector<topology::Action> drift,
                                          const topology::Lab& wish);
std::string drift_words(const topology::Action& action);
// The node that an action is about; "" for a link or the whole lab.
std::string node_of_action(const topology::Action& action);

}  // namespace labd
