// See repair.hpp.
#include "cli/repair.hpp"

#include "cli/error.hpp"
#include "cli/json_field.hpp"
#include "cli/live.hpp"
#include "cli/render.hpp"
#include "cli/up_request.hpp"
#include "cli/up_result.hpp"

#include <boost/json.hpp>

namespace cli {
namespace {

namespace json = boost::json;

json::object object_of(const std::string& body) {
    json::error_code error;
    const json::value told = json::parse(body, error);
    if (error || !told.is_object()) throw Failure("internal", "labd's answer is not a JSON object");
    return told.get_object();
}

void tell(const json::object& from, const char* key, const char* head, const Style& style) {
    const json::value* list = from.if_contains(key);
    if (list == nullptr || !list->is_array() || list->get_array().empty()) return;
    print_error(std::string(head) + "\n");
    for (const json::value& item : list->get_array())
        if (item.is_string()) print_error(style.dim("  " + std::string(item.get_string())) + "\n");
}

}  // namespace

int repair(const Globals& globals, const UpOptions& options) {
    const Live live = live_lab(globals);
    const json::object body{{"api", 1}, {"dry_run", options.dry_run}};
    const Answer answer = live.client.request("POST", "/v1/labs/" + encode(live.name) + "/repair",
                                              json::serialize(body));
    if (answer.status != 200) throw_failure(answer, "put " + live.name + " right");
    const UpResult result = read_result(object_of(answer.body));
    if (globals.json())
        print(options.dry_run ? plan_json(result) : result_json(result));
    else if (!globals.quiet)
        print(options.dry_run ? plan_text(result, Style{globals.color_out})
                              : result_text(result, globals.verbose, Style{globals.color_out}));
    return exit_code::ok;
}

// The file to standard output, what it is about beside it.
int adopt(const Globals& globals) {
    const Live live = live_lab(globals);
    const Answer answer = live.client.request("GET", "/v1/labs/" + encode(live.name) + "/adopt");
    if (answer.status != 200) throw_failure(answer, "look into " + live.name);
    if (globals.json()) {
        print(answer.body + "\n");
        return exit_code::ok;
    }
    const json::object told = object_of(answer.body);
    print(text(told, "toml"));
    if (globals.quiet) return exit_code::ok;
    const Style style{globals.color_err};
    const json::value* taken = told.if_contains("taken");
    if (taken != nullptr && taken->is_array() && taken->get_array().empty())
        print_error("nothing of the file's was changed by hand\n");
    tell(told, "taken", "taken over:", style);
    tell(told, "left", "left out:", style);
    return exit_code::ok;
}

}  // namespace cli
