// `lab version`: ours, and labd's if it answers.
#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/endpoint.hpp"
#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>

namespace cli {
namespace {

// null when nobody answers: asking for a version starts nothing.
boost::json::value daemon_version(const Endpoint& where) {
    try {
        const Answer answer = Client(where.socket).request("GET", "/v1/version", "", 2);
        boost::json::error_code error;
        const boost::json::value body = boost::json::parse(answer.body, error);
        const boost::json::value* version =
            !error && body.is_object() ? body.get_object().if_contains("version") : nullptr;
        return version != nullptr ? *version : nullptr;
    } catch (const Failure&) {
        return nullptr;
    }
}

}  // namespace

int version(const Globals& globals) {
    const Endpoint where = endpoint(globals);
    const boost::json::value daemon = daemon_version(where);
    if (globals.json()) {
        print(compact(boost::json::object{
            {"api", 1}, {"lab", LAB_VERSION}, {"labd", daemon}, {"socket", where.socket}}));
        return exit_code::ok;
    }
    print("lab " LAB_VERSION "\n");
    if (!globals.quiet)
        print((daemon.is_string() ? "labd " + std::string(daemon.get_string()) + " on "
                                  : "labd does not answer on ") +
              where.socket + " (" + words(where) + ")\n");
    return exit_code::ok;
}

}  // namespace cli
