// `lab status`: the nodes of a lab as they are now, once or whenever something happens.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/follow.hpp"
#include "cli/json_text.hpp"
#include "cli/live.hpp"
#include "cli/render.hpp"
#include "cli/views.hpp"

#include <unistd.h>

#include <cstdio>

namespace cli {
namespace {

std::string status_text(const Globals& globals, const Live& live,
                        const std::vector<std::string>& words) {
    std::vector<std::string> names;
    if (!words.empty()) names = live_nodes(live, join(words, ","));
    if (globals.json())
        return part_json(live.body, "nodes", names, globals.format == Format::jsonl);
    if (!globals.names())
        return status_table(live.lab, names, globals.format == Format::wide,
                            Style{globals.color_out});
    if (names.empty())
        for (const NodeState& node : live.lab.nodes) names.push_back(node.name);
    std::string out;
    for (const std::string& name : names) out += name + "\n";
    return out;
}

Live look_at(const Globals& globals) {
    return live_lab(globals, globals.json() ? Counters::read : Counters::last);
}

int watch_status(Globals globals, const StatusOptions& options) {
    const Live first = look_at(globals);
    globals.lab = first.name;  // the folder may get another file meanwhile
    const bool page = !globals.json() && ::isatty(1) == 1;
    if (page) print("\x1b[2J");
    bool again = false;
    const auto draw = [&] {
        std::string text = status_text(globals, look_at(globals), options.nodes);
        if (page) {  // from the top, each line to its end, and nothing of the old page below
            std::string out = "\x1b[H";
            for (const char c : text) out += c == '\n' ? "\x1b[K\n" : std::string(1, c);
            text = out + "\x1b[J";
        } else if (again && !globals.json()) {
            print("\n");
        }
        again = true;
        print(text);
        (void)std::fflush(stdout);
        return false;
    };
    try {
        (void)follow_lab(first.client, first.name, 0, draw);
    } catch (const Interrupted&) {
        return exit_code::ok;  // there is no other way to end it
    }
    return exit_code::ok;
}

}  // namespace

int status(const Globals& globals, const StatusOptions& options) {
    if (options.watch) return watch_status(globals, options);
    print(status_text(globals, look_at(globals), options.nodes));
    return exit_code::ok;
}

}  // namespace cli
