// POST …/exec, and the life of a command that has our terminal.
#include "cli/node_command.hpp"

#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/live.hpp"
#include "cli/render.hpp"
#include "cli/select.hpp"
#include "cli/terminal.hpp"

#include <boost/json.hpp>
#include <unistd.h>

#include <cstdlib>

namespace cli {
namespace {

std::string body_of(const NodeCommand& command) {
    boost::json::object env;
    for (const auto& [key, value] : command.env) env[key] = value;
    // The pty has its size from birth, so that no resize can come too late.
    const TerminalSize size = terminal_size(1);
    const boost::json::object body{{"api", 1},
                                   {"argv", boost::json::value_from(command.argv)},
                                   {"env", std::move(env)},
                                   {"user", command.user},
                                   {"dir", command.dir},
                                   {"tty", command.tty},
                                   {"rows", size.rows},
                                   {"columns", size.columns}};
    return boost::json::serialize(body);
}

labd::Fd connect_to_node(const Globals& globals, const std::string& node,
                         const NodeCommand& command) {
    const Client client = connect(globals);
    const std::string lab = choose_lab(globals, client);
    try {
        return open_session(client, lab, node, command);
    } catch (const Failure& failure) {
        // Which names there are is asked only when this one was wrong.
        if (failure.exit == exit_code::absent) (void)live_nodes(live_lab(globals), node);
        throw;
    }
}

}  // namespace

labd::Fd open_session(const Client& client, const std::string& lab, const std::string& node,
                      const NodeCommand& command) {
    return client.upgrade("POST", "/v1/labs/" + encode(lab) + "/nodes/" + encode(node) + "/exec",
                          body_of(command));
}

std::map<std::string, std::string> environment(const std::vector<std::string>& words) {
    std::map<std::string, std::string> env;
    for (const std::string& word : words) {
        const std::size_t equals = word.find('=');
        if (equals == 0)
            throw Failure("usage", "-e " + word + ": the variable has no name", "-e NAME=VALUE");
        if (equals != word.npos)
            env[word.substr(0, equals)] = word.substr(equals + 1);
        else if (const char* own = std::getenv(word.c_str()); own != nullptr)
            env[word] = own;
    }
    return env;
}

std::string complaint(const Outcome& outcome, const std::string& node, const std::string& program,
                      double timeout) {
    switch (outcome.how) {
        case Outcome::How::ended:
            return "";
        case Outcome::How::failed:
            return node + ": " + outcome.text;  // "cannot run …: …"
        case Outcome::How::timed_out:
            return node + ": " + program + " did not end within " + duration(timeout) +
                   " and was stopped";
        case Outcome::How::lost:
            break;
    }
    return node + ": the connection to " + program + " was lost";
}

int run_attached(const Globals& globals, const std::string& node, NodeCommand command,
                 const RelayOptions& options) {
    command.tty = options.tty;
    if (const char* term = std::getenv("TERM"); options.tty && term != nullptr)
        command.env.emplace("TERM", term);
    const std::string program = command.argv.front();
    const Outcome outcome = relay(connect_to_node(globals, node, command), options);
    const std::string words = complaint(outcome, node, program, options.timeout);
    if (!words.empty()) print_error("lab: " + words + "\n");
    return outcome.exit_status();
}

int own_failures_are_125(const std::function<int()>& body) {
    try {
        return body();
    } catch (Failure& failure) {
        if (failure.exit != exit_code::usage) failure.exit = exit_code::own;
        throw;
    }
}

}  // namespace cli
