// Which links words on the command line mean, over those that a lab has.
#pragma once

#include "cli/live.hpp"

#include <string>
#include <vector>

namespace cli {

// By its name, or "r1--h1" of h1--r1 when it is the only link of the two, "r1--h1-2" of h1--r1-2.
// nullptr: there is none.
const LinkState* link_called(const LabState& lab, const std::string& name);

// "h1--r1" (a link's name), "r1:eth1" (the link at that interface), or two nodes "h1 r1": every
// link between them. Throws Failure no_such_link or usage.
std::vector<std::string> links_meant(const LabState& lab, const std::vector<std::string>& words);

// Every link with one end among the nodes of `left` and the other among those of `right`. Throws
// Failure no_such_link when there is none, usage for a LAN that has ends on both sides: it cannot
// be cut in two.
std::vector<std::string> links_between(const Live& live, const std::string& left,
                                       const std::string& right);

}  // namespace cli
