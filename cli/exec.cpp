// `lab exec`: a command in one node with our own streams, or in many with prefixed lines.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/exec_words.hpp"
#include "cli/json_print.hpp"
#include "cli/live.hpp"
#include "cli/node_command.hpp"
#include "cli/prefixed.hpp"
#include "cli/render.hpp"
#include "labd/utf8.hpp"

#include <boost/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cli {
namespace {

NodeCommand command_of(const ExecOptions& options, const ExecWords& words) {
    if (words.command.empty())
        throw Failure(
            "usage", "what shall run in " + words.nodes + "?",
            "lab exec " + words.nodes + " -- ip addr; for a shell: lab shell " + words.nodes);
    NodeCommand command;
    command.argv = words.command;
    command.env = environment(options.env);
    command.user = options.user;
    command.dir = options.dir;
    return command;
}

// A terminal when both ends are terminals (as incus does it); -t and -T force.
bool wants_tty(const ExecOptions& options) {
    if (options.no_tty) return false;
    return options.tty || (!options.no_stdin && ::isatty(0) == 1 && ::isatty(1) == 1);
}

struct Collected {
    std::string out, err;
};

std::string results_json(const std::vector<std::string>& nodes,
                         const std::vector<JobResult>& results,
                         const std::vector<Collected>& texts) {
    boost::json::array list;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const Outcome& outcome = results[i].outcome;
        boost::json::object item{
            {"node", nodes[i]},
            {"exit", outcome.exit_status()},
            {"signal", outcome.signal() > 0 ? boost::json::value(outcome.signal()) : nullptr},
            {"stdout", labd::to_utf8(texts[i].out)},
            {"stderr", labd::to_utf8(texts[i].err)},
            {"ms", std::round(results[i].seconds * 1e6) / 1e3}};
        if (!outcome.text.empty()) item["error"] = outcome.text;
        list.push_back(std::move(item));
    }
    return compact(list);
}

int run_in_many(const Globals& globals, const ExecOptions& options, const std::string& set,
                const NodeCommand& command) {
    const Live live = live_lab(globals);
    std::vector<std::string> nodes = live_nodes(live, set);
    // A switch has no processes: unless somebody names it, it is not meant.
    const auto is_switch = [&](const std::string& name) {
        const NodeState& node = *live.lab.find(name);
        return !node.pid && node.state == "running";
    };
    if (set == "all" || set.find('*') != set.npos) std::erase_if(nodes, is_switch);
    std::vector<Job> jobs;
    for (const std::string& node : nodes)
        jobs.push_back(
            {node, [&, node] { return open_session(live.client, live.name, node, command); }});
    PrefixedLines lines(nodes, Style{globals.color_out}, Style{globals.color_err});
    std::vector<Collected> texts(nodes.size());
    ManyOptions many;
    many.parallel = options.parallel;
    many.timeout = options.timeout;
    many.forward_signals = true;
    many.output = [&](std::size_t job, int stream, std::string_view bytes) {
        if (globals.json())
            (stream == 1 ? texts[job].out : texts[job].err) += bytes;
        else
            (stream == 1 ? print : print_error)(lines.take(job, stream, bytes));
        if (!globals.json()) (void)std::fflush(stdout);  // main looks for what got lost
    };
    const std::vector<JobResult> results = run_many(jobs, many);
    int worst = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        worst = std::max(worst, results[i].outcome.exit_status());
        if (globals.json()) continue;
        print(lines.rest(i, 1));
        print_error(lines.rest(i, 2));
        const std::string words =
            complaint(results[i].outcome, nodes[i], command.argv.front(), options.timeout);
        if (!words.empty()) print_error("lab: " + words + "\n");
    }
    if (globals.json()) print(results_json(nodes, results, texts));
    return worst;
}

}  // namespace

ExecWords split_words(const std::vector<std::string>& words) {
    const auto dashes = std::find(words.begin(), words.end(), "--");
    // `exec h1 h2 -- CMD`: all before are nodes; `exec h1 sh -c X -- Y`: a flag is no node.
    const bool nodes_only =
        dashes != words.end() && std::none_of(words.begin(), dashes, [](const std::string& w) {
            return w.empty() || w.front() == '-';
        });
    if (nodes_only && dashes != words.begin())
        return {join({words.begin(), dashes}, ","), {dashes + 1, words.end()}};
    return {words.front(), {words.begin() + 1, words.end()}};
}

int exec(const Globals& globals, const ExecOptions& options) {
    if (options.words.size() > 1 && options.words[1] != "--" && options.words[1].starts_with('-'))
        throw Failure("usage",
                      options.words[1] + " stands behind the node, where its command begins",
                      "flags come first: lab exec " + options.words[1] + " … " + options.words[0] +
                          " -- COMMAND");
    const ExecWords words = split_words(options.words);
    const NodeCommand command = command_of(options, words);
    return own_failures_are_125([&] {
        if (globals.json() || is_set(words.nodes))
            return run_in_many(globals, options, words.nodes, command);
        RelayOptions relay;
        relay.tty = wants_tty(options);
        relay.no_stdin = options.no_stdin;
        relay.timeout = options.timeout;
        return run_attached(globals, words.nodes, command, relay);
    });
}

}  // namespace cli
