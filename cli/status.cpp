// `lab status`: the nodes of a lab as they are now.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/json_text.hpp"
#include "cli/live.hpp"
#include "cli/render.hpp"
#include "cli/views.hpp"

namespace cli {

int status(const Globals& globals, const std::vector<std::string>& words) {
    const Live live = live_lab(globals, globals.json() ? Counters::read : Counters::last);
    std::vector<std::string> names;
    if (!words.empty()) names = live_nodes(live, join(words, ","));
    if (globals.json()) {
        print(part_json(live.body, "nodes", names, globals.format == Format::jsonl));
    } else if (globals.names()) {
        if (names.empty())
            for (const NodeState& node : live.lab.nodes) names.push_back(node.name);
        for (const std::string& name : names) print(name + "\n");
    } else {
        print(status_table(live.lab, names, globals.format == Format::wide,
                           Style{globals.color_out}));
    }
    return exit_code::ok;
}

}  // namespace cli
