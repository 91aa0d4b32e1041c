// `lab graph`: the picture of a topology, for eyes or for other programs.
#include "cli/bundle.hpp"
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/render.hpp"
#include "topology/stages.hpp"

#include <boost/json.hpp>
#include <unistd.h>

namespace cli {
namespace {

namespace json = boost::json;

std::string graph_json(const topology::Lab& lab) {
    json::array nodes, links;
    for (const topology::Node& node : lab.nodes)
        nodes.push_back(json::object{{"name", node.name}, {"kind", node.kind_name}});
    for (const topology::Link& link : lab.links) {
        json::array ends;
        for (const topology::End& end : link.ends)
            ends.push_back(
                json::object{{"node", lab.nodes[end.node].name}, {"interface", lab.at(end).name}});
        links.push_back(json::object{{"name", link.name}, {"ends", std::move(ends)}});
    }
    return compact(json::object{
        {"api", 1}, {"lab", lab.name}, {"nodes", std::move(nodes)}, {"links", std::move(links)}});
}

topology::GraphFormat parse_format(const std::string& text) {
    if (text == "svg") return topology::GraphFormat::svg;
    if (text == "dot") return topology::GraphFormat::dot;
    if (text == "mermaid") return topology::GraphFormat::mermaid;
    if (text == "ascii") return topology::GraphFormat::ascii;
    throw Failure("usage", "no picture format \"" + text + "\"",
                  "-f svg, dot, mermaid, ascii or json");
}

}  // namespace

int graph(const Globals& globals, const GraphOptions& options) {
    // A person at a terminal wants to see it; a pipe or a file wants the picture.
    std::string format = options.format;
    if (format.empty()) format = ::isatty(1) == 1 ? "ascii" : "svg";
    const bool as_json = format == "json" || (options.format.empty() && globals.json());
    if (!as_json) (void)parse_format(format);  // a wrong word is said before any file is read
    const Bundle bundle = any_bundle(globals, options);
    require_valid(bundle, globals);
    const topology::Lab& lab = bundle.resolved.lab;
    print(as_json ? graph_json(lab) : topology::graph(lab, parse_format(format)));
    return exit_code::ok;
}

}  // namespace cli
