// One command for one node: what it is, and the session that runs it.
#pragma once

#include "cli/client.hpp"
#include "cli/options.hpp"
#include "cli/session.hpp"
#include "labd/fd.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cli {

struct NodeCommand {
    std::vector<std::string> argv;
    std::map<std::string, std::string> env;
    std::string user, dir;
    bool tty = false;
};

labd::Fd open_session(const Client& client, const std::string& lab, const std::string& node,
                      const NodeCommand& command);

// One node, our own streams; the exit code to end with. Says on stderr why it never ran.
int run_attached(const Globals& globals, const std::string& node, NodeCommand command,
                 const RelayOptions& options);

// "" when it ended by itself; else one sentence with the node and the program.
std::string complaint(const Outcome& outcome, const std::string& node, const std::string& program,
                      double timeout);

// Every number below 125 may be the command's own: what fails of ours is 125 in exec, shell and
// vtysh (as docker has it); only a wrong command line stays 2.
int own_failures_are_125(const std::function<int()>& body);

// "K=V" words to a map; a lone K takes our own value (as docker does it).
std::map<std::string, std::string> environment(const std::vector<std::string>& words);

}  // namespace cli
