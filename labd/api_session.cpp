// Into a node: commands and logs. labd opens the door, lab-init answers on the client's connection.
#include "labd/api.hpp"
#include "labd/audit_event.hpp"
#include "labd/json_text.hpp"
#include "labd/log.hpp"
#include "labd/wire.hpp"

#include <boost/asio/co_spawn.hpp>

namespace labd {

namespace asio = boost::asio;

std::shared_ptr<NodeDoor> Api::door(const Exchange& exchange, Verb verb) {
    const std::shared_ptr<Lab> held = lab(exchange, verb);
    if (!held) return nullptr;
    const std::string& name = exchange->request().path.at("node");
    const topology::Node* node = held->wish.find(name);
    if (node == nullptr) {
        exchange->answer(404, error_json("no_such_node",
                                         "lab \"" + held->name + "\" has no node \"" + name + "\"",
                                         "lab status lists them"));
        return nullptr;
    }
    const auto live = held->nodes.find(name);
    if (live != held->nodes.end() && live->second.door) return live->second.door;
    if (!node->has_process())
        exchange->answer(409, error_json("no_process",
                                         name + " is a switch without processes: there is nothing "
                                                "to run a command in",
                                         "give it run = [] or exec = [], or look at it with "
                                         "ip netns exec " +
                                             held->netns_name(name) + " …"));
    else
        exchange->answer(409, error_json("not_running", name + " is not running",
                                         "lab start " + name + " starts it again"));
    return nullptr;
}

void Api::exec(Exchange exchange) {
    const std::shared_ptr<NodeDoor> to = door(exchange, Verb::exec);
    if (!to) return;
    SessionRequest request;
    try {
        const std::shared_ptr<Lab> held = engine_.find(exchange->request().path.at("lab"));
        request = parse_session(exchange->request().body,
                                *held->wish.find(exchange->request().path.at("node")));
    } catch (const BadRequest& bad) {
        exchange->answer(400, error_json("bad_request", bad.what()));
        return;
    }
    // Written before anything runs: what the command does to labd cannot keep it out.
    const auto& path = exchange->request().path;
    AuditEvent event = event_of("exec", "granted", *engine_.find(path.at("lab")), path.at("node"));
    event.argv = request.command.argv;
    event.detail = "as " + request.command.user + (request.tty ? " on a terminal" : "");
    engine_.audit().record(exchange->request().peer, event);
    exchange->upgrade("lab-session", [this, to, request](Fd client) {
        // From here on lab-init answers on the client's own connection.
        asio::co_spawn(loop_, to->session(request, std::move(client)),
                       [](std::exception_ptr error) {
                           try {
                               if (error) std::rethrow_exception(error);
                           } catch (const std::exception& failed) {
                               log::warning(failed.what());
                           }
                       });
    });
}

void Api::logs(Exchange exchange) {
    const std::shared_ptr<NodeDoor> to = door(exchange, Verb::logs);
    if (!to) return;
    const auto& query = exchange->request().query;
    const std::string service = query.contains("service") ? query.at("service") : "";
    const bool follow = query.contains("follow");
    std::uint32_t lines = UINT32_MAX;
    if (query.contains("lines")) {
        const std::string& asked = query.at("lines");
        if (asked.empty() || asked.size() > 9 ||
            asked.find_first_not_of("0123456789") != std::string::npos) {
            exchange->answer(400, error_json("bad_request", "\"lines\" must be a number"));
            return;
        }
        lines = static_cast<std::uint32_t>(std::stoul(asked));
    }
    exchange->upgrade("lab-session", [this, to, service, follow, lines](Fd client) {
        asio::co_spawn(loop_, to->logs(service, follow, lines, std::move(client)),
                       [](std::exception_ptr error) {
                           try {
                               if (error) std::rethrow_exception(error);
                           } catch (const std::exception& failed) {
                               log::warning(failed.what());
                           }
                       });
    });
}

}  // namespace labd
