// The running lab that a command is about, and the nodes that its words mean.
#pragma once

#include "cli/client.hpp"
#include "cli/nodes.hpp"
#include "cli/options.hpp"
#include "cli/wire.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct Live {
    Client client;
    std::string name;
    std::string body;  // GET /v1/labs/NAME as it came
    LabState lab;
};

// Whether labd reads what every interface has carried, which takes it a while for a large lab, or
// says what it saw last.
enum class Counters { last, read };

// Throws Failure no_such_lab with what is running instead.
Live live_lab(const Globals& globals, Counters counters = Counters::last);

// `words` over the lab's nodes. @KIND asks labd for the topology, to know what own kinds extend.
std::vector<std::string> live_nodes(const Live& live, std::string_view words);

}  // namespace cli
