// `lab gc`: removes what earlier labs have left, as far as it bears labd's mark.
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>

namespace cli {

namespace json = boost::json;

int gc(const Globals& globals, bool dry_run) {
    const Client client = connect(globals);
    const Answer answer = client.request("POST", "/v1/gc", dry_run ? R"({"dry_run":true})" : "{}");
    if (answer.status != 200) throw_failure(answer, "look for leftovers");
    if (globals.json()) {
        print(answer.body + "\n");
        return exit_code::ok;
    }
    json::error_code error;
    const json::value told = json::parse(answer.body, error);
    if (error || !told.is_object() || !told.at("actions").is_array())
        throw Failure("internal", "labd's answer to `gc` holds no actions");
    const json::array& actions = told.at("actions").get_array();
    const Style style{globals.color_out};
    bool failed = false;
    for (const json::value& action : actions) {
        const std::string kind(action.at("kind").as_string()), name(action.at("name").as_string()),
            problem(action.at("problem").as_string());
        failed = failed || !problem.empty();
        if (!globals.quiet || !problem.empty())
            print(style.red("-") + " " + kind + " " + name +
                  (problem.empty() ? "" : ": " + problem) + "\n");
    }
    if (!globals.quiet)
        print(actions.empty() ? "nothing is left over\n"
              : dry_run       ? count(actions.size(), "leftover") + "; lab gc removes them\n"
                              : count(actions.size(), "leftover") + " removed\n");
    return failed ? exit_code::failed : exit_code::ok;
}

}  // namespace cli
