// `lab shell` and `lab vtysh`: exec with the command already known.
#include "cli/commands.hpp"
#include "cli/node_command.hpp"
#include "cli/render.hpp"

#include <unistd.h>

namespace cli {
namespace {

// Login files of the host set prompts of their own; PROMPT_COMMAND has the last word in bash, and
// takes itself away, so that a user's later PS1 stays.
std::string prompt_command(const std::string& node, const Style& style) {
    std::string name = "[" + node + "]";
    if (style.color) name = "\\[" + style.by_name(node, "\\]" + name + "\\[") + "\\]";
    return "PS1='" + name + " \\$ '; unset PROMPT_COMMAND";
}

RelayOptions interactive() {
    RelayOptions relay;
    relay.tty = ::isatty(0) == 1 && ::isatty(1) == 1;
    return relay;
}

}  // namespace

int shell(const Globals& globals, const std::string& node) {
    NodeCommand command;
    command.argv = {"/bin/sh", "-c",
                    "if command -v bash >/dev/null; then exec bash -l; else exec sh -l; fi"};
    command.env["PROMPT_COMMAND"] = prompt_command(node, Style{globals.color_out});
    command.env["PS1"] = "[" + node + "] # ";
    return own_failures_are_125(
        [&] { return run_attached(globals, node, command, interactive()); });
}

int vtysh(const Globals& globals, const VtyshOptions& options) {
    NodeCommand command;
    command.argv = {"vtysh"};
    for (const std::string& line : options.commands) {
        command.argv.emplace_back("-c");
        command.argv.push_back(line);
    }
    RelayOptions relay = interactive();
    // Output of -c goes to pipes and files as it is; vtysh pages on a terminal.
    if (!options.commands.empty()) relay.tty = false, relay.no_stdin = true;
    return own_failures_are_125(
        [&] { return run_attached(globals, options.node, command, relay); });
}

}  // namespace cli
