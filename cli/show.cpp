// `lab show`: what a file means, written out; or what labd would give the daemons.
#include "cli/bundle.hpp"
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/render.hpp"
#include "topology/stages.hpp"

#include <boost/json.hpp>

namespace cli {
namespace {

namespace json = boost::json;

bool of_a_daemon(const std::string& path) {
    return path.rfind("/etc/frr/", 0) == 0 || path.rfind("/etc/bird/", 0) == 0;
}

// Made by us or the user's own: what the daemons will read.
template <class Use>
void each_config(const topology::Lab& lab, Use use) {
    for (const topology::Node& node : lab.nodes)
        for (const auto& [path, file] : node.files)
            if (of_a_daemon(path)) use(node, path, file);
}

std::string configs(const topology::Lab& lab, const Style& style) {
    std::string out;
    each_config(
        lab, [&](const topology::Node& node, const std::string& path, const topology::File& file) {
            if (!out.empty()) out += "\n";
            out += style.bold("# " + node.name + ":" + path) + "\n" + file.content;
            if (!file.content.empty() && file.content.back() != '\n') out += "\n";
        });
    return out;
}

std::string configs_json(const topology::Lab& lab) {
    json::array files;
    each_config(
        lab, [&](const topology::Node& node, const std::string& path, const topology::File& file) {
            files.push_back(json::object{
                {"node", node.name}, {"path", path}, {"mode", file.mode}, {"text", file.content}});
        });
    return compact(json::object{{"api", 1}, {"lab", lab.name}, {"files", files}});
}

}  // namespace

int show(const Globals& globals, const ShowOptions& options) {
    if (options.resolved && options.configs)
        throw Failure("usage", "--resolved and --configs are two different things",
                      "run `lab show` twice");
    const Bundle bundle = any_bundle(globals, options);
    require_valid(bundle, globals);
    const topology::Lab& lab = bundle.resolved.lab;
    if (options.configs) {
        const std::string text =
            globals.json() ? configs_json(lab) : configs(lab, Style{globals.color_out});
        print(text);
        if (text.empty())
            print_error(
                "nothing is generated: no node has routing = \"ospf\", \"isis\", \"bgp\", "
                "\"rip\" or \"babel\"\n");
        return exit_code::ok;
    }
    const std::string toml = topology::resolved_toml(lab);
    print(globals.json() ? compact(json::object{{"api", 1}, {"lab", lab.name}, {"resolved", toml}})
                         : toml);
    return exit_code::ok;
}

}  // namespace cli
