// `lab down`: takes labs away; one that is not there is no error.
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/render.hpp"
#include "cli/select.hpp"
#include "cli/wire.hpp"

#include <boost/json.hpp>

namespace cli {
namespace {

namespace json = boost::json;

std::vector<std::string> chosen(const Globals& globals, const Client& client,
                                const DownOptions& options) {
    if (options.all) {
        const Answer answer = client.request("GET", "/v1/labs");
        if (answer.status != 200) throw_failure(answer, "list the labs");
        std::vector<std::string> names;
        for (const LabSummary& lab : parse_labs(answer.body)) names.push_back(lab.name);
        return names;
    }
    std::vector<std::string> names;
    for (const std::string& name : options.names) {
        // `lab down two-hosts.lab.toml` means the lab of that file.
        const bool file = name.find('/') != name.npos || name.find(".toml") != name.npos;
        names.push_back(file ? lab_name_of(choose_file(name)).value_or(name) : name);
    }
    if (names.empty()) names.push_back(choose_lab(globals, client));
    return names;
}

// The entries of "labs": one when it was there, none when not.
json::array take_down(const Client& client, const std::string& name, double timeout) {
    const Answer answer = client.request("DELETE", "/v1/labs/" + encode(name), "", timeout);
    if (answer.status != 200) throw_failure(answer, "take " + name + " down");
    json::error_code error;
    const json::value body = json::parse(answer.body, error);
    const json::value* labs =
        !error && body.is_object() ? body.get_object().if_contains("labs") : nullptr;
    if (labs == nullptr || !labs->is_array())
        throw Failure("internal", "labd's answer to `down` holds no labs");
    return labs->get_array();
}

std::string sentence(const std::string& name, const json::array& gone) {
    if (gone.empty()) return name + ": nothing to do, it is not up\n";
    const json::value* elapsed =
        gone.front().is_object() ? gone.front().get_object().if_contains("elapsed") : nullptr;
    const double seconds =
        elapsed != nullptr && elapsed->is_number() ? elapsed->to_number<double>() : 0;
    return "lab " + name + " down: " + duration(seconds) + "\n";
}

}  // namespace

int down(const Globals& globals, const DownOptions& options) {
    const Client client = connect(globals);
    const std::vector<std::string> names = chosen(globals, client, options);
    json::array all;
    for (const std::string& name : names) {
        json::array gone = take_down(client, name, options.timeout);
        if (globals.names() && !gone.empty()) print(name + "\n");
        if (!globals.quiet && !globals.json() && !globals.names()) print(sentence(name, gone));
        for (json::value& lab : gone) all.push_back(std::move(lab));
    }
    if (globals.json())
        print(compact(json::object{{"api", 1}, {"labs", std::move(all)}}));
    else if (names.empty() && !globals.quiet)
        print("no lab is up\n");
    return exit_code::ok;
}

}  // namespace cli
