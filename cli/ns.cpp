// `lab ns`: what lsns shows, for labs.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/live.hpp"
#include "cli/namespaces.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace cli {
namespace {

namespace json = boost::json;

json::object only(const json::object& answer, const std::vector<std::string>& nodes) {
    if (nodes.empty()) return answer;
    json::object out = answer;
    json::array kept;
    if (const json::value* all = answer.if_contains("namespaces");
        all != nullptr && all->is_array())
        for (const json::value& row : all->get_array()) {
            const json::value* node =
                row.is_object() ? row.get_object().if_contains("node") : nullptr;
            if (node != nullptr && node->is_string() &&
                std::find(nodes.begin(), nodes.end(), std::string(node->get_string())) !=
                    nodes.end())
                kept.push_back(row);
        }
    out["namespaces"] = std::move(kept);
    return out;
}

}  // namespace

int ns(const Globals& globals, const NsOptions& options) {
    const Live live = live_lab(globals);
    std::vector<std::string> nodes;
    if (!options.nodes.empty()) nodes = live_nodes(live, join(options.nodes, ","));
    const Answer answer =
        live.client.request("GET", "/v1/labs/" + encode(live.name) + "/namespaces");
    if (answer.status != 200) throw_failure(answer, "look at the namespaces of " + live.name);
    json::error_code error;
    const json::value body = json::parse(answer.body, error);
    if (error || !body.is_object()) throw Failure("internal", "labd's answer is not a JSON object");
    const Style style{globals.color_out};
    if (globals.json()) {
        const json::object shown = only(body.get_object(), nodes);
        if (globals.format != Format::jsonl) {
            print(compact(shown));
        } else {
            for (const json::value& row : shown.at("namespaces").as_array()) print(compact(row));
        }
    } else if (options.tree) {
        print(namespaces_tree(live.name, parse_namespaces(body.get_object()), nodes, style));
    } else {
        print(namespaces_table(parse_namespaces(only(body.get_object(), nodes)),
                               globals.format == Format::wide, style));
    }
    return exit_code::ok;
}

}  // namespace cli
