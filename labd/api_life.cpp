// Nodes stopped and started, labs put right, and what is nobody's cleared away.
#include "labd/api.hpp"
#include "labd/body.hpp"
#include "labd/json_text.hpp"
#include "labd/orphans.hpp"
#include "labd/wire.hpp"
#include "topology/stages.hpp"

#include <boost/json.hpp>

namespace labd {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

Life life_of(const json::object& body) {
    const std::string op = body::text(body, "op");
    for (const Life what : {Life::stop, Life::start, Life::restart, Life::pause, Life::resume})
        if (op == word(what)) return what;
    throw BadRequest("\"op\" must be stop, start, restart, pause or resume");
}

bool is_dry_run(const http::Exchange& exchange) {
    const std::string& text = exchange.request().body;
    return !text.empty() && body::flag(body::parse(text, {"dry_run"}), "dry_run");
}

// One record for each thing that went or would not go.
void record_removals(Audit& audit, const Peer& who, const json::array& actions) {
    for (const json::value& action : actions) {
        const std::string_view problem = action.at("problem").as_string();
        std::string words = std::string(action.at("kind").as_string()) + " " +
                            std::string(action.at("name").as_string());
        if (!problem.empty()) words += ": " + std::string(problem);
        audit.record(who, {"gc", problem.empty() ? "done" : "failed", std::move(words)});
    }
}

}  // namespace

void Api::life(Exchange exchange) {
    const auto work = [](Engine& engine, Exchange to) -> asio::awaitable<void> {
        const json::object body = body::parse(to->request().body, {"op", "nodes"});
        std::string lab = to->request().path.at("lab");
        std::vector<std::string> nodes = body::needed_texts(body, "nodes");
        const UpResult result = co_await engine.life(std::move(lab), std::move(nodes),
                                                     life_of(body), to->request().peer);
        to->answer(200, result_line(result));
    };
    spawn(exchange, work(engine_, exchange));
}

void Api::repair(Exchange exchange) {
    const auto work = [](Engine& engine, Exchange to) -> asio::awaitable<void> {
        std::string lab = to->request().path.at("lab");
        const bool dry_run = is_dry_run(*to);
        const UpResult result = co_await engine.repair(std::move(lab), dry_run, to->request().peer);
        to->answer(200, result_line(result));
    };
    spawn(exchange, work(engine_, exchange));
}

void Api::adopt(Exchange exchange) {
    const std::shared_ptr<Lab> held = lab(exchange, Verb::show);
    if (!held) return;
    const auto work = [](Engine& engine, Exchange to,
                         std::shared_ptr<Lab> shown) -> asio::awaitable<void> {
        const topology::Adopted adopted = co_await engine.adopt_changes(shown);
        json::object object = wire();
        object["lab"] = shown->name;
        object["toml"] = topology::resolved_toml(adopted.lab);
        object["taken"] = json::value_from(adopted.taken);
        object["left"] = json::value_from(adopted.left);
        to->answer(200, json::serialize(object));
    };
    spawn(exchange, work(engine_, exchange, held));
}

void Api::gc(Exchange exchange) {
    if (!exchange->request().peer.is_master()) {
        const std::string why = "only root may clear away what belongs to nobody";
        engine_.audit().record(exchange->request().peer, {"gc", "refused", why});
        return exchange->answer(403, error_json("forbidden", why, "lab doctor lists it"));
    }
    const auto work = [](Engine& engine, Exchange to) -> asio::awaitable<void> {
        const bool dry_run = is_dry_run(*to);
        json::array actions;
        const Belongings known = engine.belongings();
        Worker::Job sweep = [&] {
            for (const Orphan& orphan : find_orphans(known)) {
                std::string problem;
                try {
                    if (!dry_run && !remove_orphan(known, orphan)) continue;
                } catch (const std::exception& error) {
                    problem = error.what();
                }
                actions.emplace_back(json::object{{"op", "delete"},
                                                  {"kind", orphan.kind},
                                                  {"name", orphan.name},
                                                  {"problem", problem}});
            }
        };
        co_await engine.kernel_thread().run("gc", std::move(sweep));
        if (!dry_run) record_removals(engine.audit(), to->request().peer, actions);
        json::object object = wire();
        object["dry_run"] = dry_run;
        object["actions"] = std::move(actions);
        to->answer(200, json::serialize(object));
    };
    spawn(exchange, work(engine_, exchange));
}

}  // namespace labd
