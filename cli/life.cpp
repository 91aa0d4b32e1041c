// `lab stop`, `start`, `restart`, `pause`, `resume`: nodes, while the lab around them runs on.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/live.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>

namespace cli {
namespace {

namespace json = boost::json;

const char* past_tense(const std::string& what) {
    if (what == "stop") return "stopped";
    if (what == "start") return "started";
    if (what == "restart") return "started anew";
    return what == "pause" ? "paused" : "resumed";
}

}  // namespace

int life(const Globals& globals, const std::string& what, const std::vector<std::string>& words) {
    if (words.empty())
        throw Failure("usage", "which node?", "lab " + what + " NODE…; all means every node");
    const Live live = live_lab(globals);
    const std::vector<std::string> nodes = live_nodes(live, join(words, ","));
    json::object body{{"api", 1}, {"op", what}, {"nodes", json::value_from(nodes)}};
    const Answer answer = live.client.request("POST", "/v1/labs/" + encode(live.name) + "/life",
                                              json::serialize(body));
    if (answer.status != 200) throw_failure(answer, what + " " + join(nodes, ", "));
    if (globals.json()) {
        print(answer.body + "\n");
    } else if (!globals.quiet) {
        json::error_code error;
        const json::value told = json::parse(answer.body, error);
        const bool nothing = !error && told.is_object() && told.at("actions").is_array() &&
                             told.at("actions").get_array().empty();
        for (const std::string& node : nodes)
            print(node + ": " + (nothing ? "nothing to do" : past_tense(what)) + "\n");
    }
    return exit_code::ok;
}

}  // namespace cli
