// `lab links`: the links of a lab, or of one node.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/json_text.hpp"
#include "cli/live.hpp"
#include "cli/render.hpp"
#include "cli/views.hpp"

#include <algorithm>

namespace cli {
namespace {

std::vector<std::string> links_at(const LabState& lab, const std::string& node) {
    std::vector<std::string> names;
    for (const LinkState& link : lab.links)
        if (std::any_of(link.ends.begin(), link.ends.end(),
                        [&](const LinkState::End& e) { return node.empty() || e.node == node; }))
            names.push_back(link.name);
    return names;
}

}  // namespace

int links(const Globals& globals, const std::string& word) {
    const Live live = live_lab(globals, Counters::read);
    const std::string node = word.empty() ? "" : live_nodes(live, word).front();
    const std::vector<std::string> names = links_at(live.lab, node);
    if (globals.json()) {
        // No name matches nothing: a lonely node has an empty list, not all links.
        const std::vector<std::string> filter =
            names.empty() ? std::vector<std::string>{""} : names;
        print(part_json(live.body, "links", filter, globals.format == Format::jsonl));
    } else if (globals.names()) {
        for (const std::string& name : names) print(name + "\n");
    } else if (names.empty()) {
        print_error(node.empty() ? "this lab has no links\n" : node + " has no links\n");
    } else {
        print(links_table(live.lab, node, Style{globals.color_out}));
    }
    return exit_code::ok;
}

}  // namespace cli
