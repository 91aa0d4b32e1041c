// The namespaces of a lab over the wire.
#include "labd/api.hpp"
#include "labd/json_text.hpp"
#include "labd/namespaces.hpp"
#include "labd/wire.hpp"

#include <boost/asio/co_spawn.hpp>

namespace labd {

namespace asio = boost::asio;

namespace {

std::string number_or_null(std::uint64_t number) {
    return number == 0 ? "null" : std::to_string(number);
}

// By hand: commands hold whatever a process in a node likes, and Boost.JSON passes bytes on.
std::string row_json(const NamespaceRow& row) {
    return "{\"node\":" + (row.node.empty() ? "null" : quote_json(row.node)) +
           ",\"type\":" + quote_json(row.kind) + ",\"dev\":" + std::to_string(row.dev) +
           ",\"inode\":" + std::to_string(row.inode) + ",\"id\":" + number_or_null(row.id) +
           ",\"owner\":" + number_or_null(row.owner) +
           (row.kind == "user" ? ",\"owner_uid\":" + std::to_string(row.owner_uid) : "") +
           ",\"host\":" + (row.host ? "true" : "false") +
           ",\"made_inside\":" + (row.made_inside ? "true" : "false") +
           ",\"processes\":" + (row.host ? "null" : std::to_string(row.processes)) +
           ",\"pid\":" + number_or_null(static_cast<std::uint64_t>(row.pid)) +
           ",\"command\":" + quote_json(row.command) + "}";
}

NamespaceSurvey survey_of(const Lab& lab, const std::string& netns_dir) {
    std::vector<NamespaceSurvey::Node> nodes;
    for (const topology::Node& node : lab.wish.nodes) {
        const auto live = lab.nodes.find(node.name);
        if (live != lab.nodes.end() && live->second.door)
            nodes.push_back({node.name, "", live->second.init.pid});
        else if (lab.spaces.contains(node.name))
            nodes.push_back({node.name, netns_dir + "/" + lab.netns_name(node.name), 0});
    }
    return NamespaceSurvey(std::move(nodes), lab.spawner ? lab.spawner->pid() : 0);
}

}  // namespace

void Api::namespaces(Exchange exchange) {
    const std::shared_ptr<Lab> held = lab(exchange, Verb::ns);
    if (!held) return;
    const auto work = [](Engine& engine, Exchange to,
                         std::shared_ptr<Lab> shown) -> asio::awaitable<void> {
        NamespaceSurvey survey = survey_of(*shown, engine.options().netns_dir);
        bool more = true;
        while (more) {
            Worker::Job step = [&] { more = survey.step(); };
            co_await engine.kernel_thread().run(shown->name, std::move(step));
        }
        std::string rows;
        for (const NamespaceRow& row : survey.rows())
            rows += (rows.empty() ? "" : ",") + row_json(row);
        to->answer(200, "{\"api\":1,\"lab\":" + quote_json(shown->name) + ",\"namespaces\":[" +
                            rows + "]}");
    };
    spawn(exchange, work(engine_, exchange, held));
}

}  // namespace labd
