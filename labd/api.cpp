#include "labd/api.hpp"

#include "labd/audit_event.hpp"
#include "labd/check/serve.hpp"
#include "labd/doctor.hpp"
#include "labd/host_ties.hpp"
#include "labd/json_text.hpp"
#include "labd/log.hpp"
#include "labd/rootless.hpp"
#include "labd/status.hpp"
#include "labd/wire.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json.hpp>

#include <cerrno>

namespace labd {

namespace asio = boost::asio;
namespace json = boost::json;

Api::Api(asio::io_context& loop, Engine& engine) : loop_(loop), engine_(engine) {}

std::vector<http::Route> Api::routes() {
    const auto to = [this](void (Api::*handler)(Exchange)) -> http::Handler {
        return [this, handler](Exchange exchange) { (this->*handler)(std::move(exchange)); };
    };
    return {
        {"GET", "/v1/version", to(&Api::version)},
        {"GET", "/v1/labs", to(&Api::list)},
        {"PUT", "/v1/labs/{lab}", to(&Api::up)},
        {"DELETE", "/v1/labs/{lab}", to(&Api::down)},
        {"GET", "/v1/labs/{lab}", to(&Api::status)},
        {"GET", "/v1/labs/{lab}/bundle", to(&Api::bundle)},
        {"GET", "/v1/labs/{lab}/namespaces", to(&Api::namespaces)},
        {"POST", "/v1/labs/{lab}/nodes/{node}/exec", to(&Api::exec)},
        {"GET", "/v1/labs/{lab}/nodes/{node}/logs", to(&Api::logs)},
        {"POST", "/v1/labs/{lab}/checks", to(&Api::checks)},
        {"POST", "/v1/labs/{lab}/steps", to(&Api::steps)},
        {"POST", "/v1/labs/{lab}/life", to(&Api::life)},
        {"POST", "/v1/labs/{lab}/repair", to(&Api::repair)},
        {"GET", "/v1/labs/{lab}/adopt", to(&Api::adopt)},
        {"POST", "/v1/labs/{lab}/links", to(&Api::links)},
        {"POST", "/v1/labs/{lab}/links/impair", to(&Api::impair)},
        {"POST", "/v1/labs/{lab}/links/add", to(&Api::add_link)},
        {"POST", "/v1/labs/{lab}/links/remove", to(&Api::remove_link)},
        {"POST", "/v1/labs/{lab}/capture", to(&Api::capture)},
        {"GET", "/v1/events", to(&Api::events)},
        {"GET", "/v1/doctor", to(&Api::doctor)},
        {"GET", "/v1/audit", to(&Api::audit)},
        {"GET", "/v1/audit/verify", to(&Api::verify_audit)},
        {"POST", "/v1/gc", to(&Api::gc)},
    };
}

void Api::spawn(Exchange exchange, asio::awaitable<void> work) {
    asio::co_spawn(loop_, std::move(work), [exchange](std::exception_ptr error) {
        if (!error) return;
        try {
            std::rethrow_exception(error);
        } catch (const UpFailure& failure) {
            exchange->answer(http_status(failure.code),
                             error_json(failure.code, failure.what(), failure.hint));
        } catch (const BadRequest& bad) {
            exchange->answer(400, error_json("bad_request", bad.what()));
        } catch (const std::exception& other) {
            log::error(std::string("a request failed: ") + other.what());
            exchange->answer(500, error_json("internal", other.what()));
        }
    });
}

std::shared_ptr<Lab> Api::lab(const Exchange& exchange, Verb verb) {
    const std::string& name = exchange->request().path.at("lab");
    std::shared_ptr<Lab> found = engine_.find(name);
    if (!found) {
        exchange->answer(404, error_json("no_such_lab", "there is no lab \"" + name + "\"",
                                         "lab ls lists those that are up"));
    } else if (const auto refused = refusal(verb, exchange->request().peer, name, found->access)) {
        AuditEvent event = event_of(rule(verb).name, "refused", *found);
        const auto& path = exchange->request().path;
        if (path.contains("node")) event.node = path.at("node");
        event.detail = refused->message;
        engine_.audit().record(exchange->request().peer, event);
        exchange->answer(403, error_json("forbidden", refused->message, refused->hint));
        found.reset();
    }
    return found;
}

void Api::version(Exchange exchange) {
    json::object object = wire();
    object["version"] = LAB_VERSION;
    object["pid"] = ::getpid();
    object["run"] = engine_.options().run_dir;
    if (const auto& rootless = engine_.options().rootless)
        object["rootless"] = {{"user", rootless->user()},
                              {"holder", rootless->holder()},
                              {"single_id", rootless->single()}};
    else
        object["rootless"] = nullptr;
    exchange->answer(200, json::serialize(object));
}

void Api::list(Exchange exchange) {
    json::array labs;
    const Peer& peer = exchange->request().peer;
    for (const auto& [name, lab] : engine_.labs())
        labs.emplace_back(brief(*lab, lab->access.allows(peer, rule(Verb::status).right)));
    json::object object = wire();
    object["labs"] = std::move(labs);
    exchange->answer(200, json::serialize(object));
}

asio::awaitable<Readings> Api::read(std::shared_ptr<Lab> held, bool last) {
    Readings readings;
    std::vector<std::string> spaces;
    for (const auto& [space, live] : held->spaces) spaces.push_back(space);
    const std::size_t slice = last ? 256 : 16;
    for (std::size_t from = 0; from < spaces.size(); from += slice) {
        Worker::Job look = [&] {
            for (std::size_t i = from; i < std::min(from + slice, spaces.size()); ++i) {
                try {
                    readings[spaces[i]] =
                        last ? held->kernel->last_read(spaces[i]) : held->kernel->read(spaces[i]);
                } catch (const KernelError& error) {
                    if (error.error() != ENOENT) throw;  // a change has taken it away
                }
            }
        };
        co_await engine_.kernel_thread().run(held->name, std::move(look));
    }
    co_return readings;
}

void Api::status(Exchange exchange) {
    const std::shared_ptr<Lab> held = lab(exchange, Verb::status);
    if (!held) return;
    const auto work = [](Api& api, Exchange to,
                         std::shared_ptr<Lab> shown) -> asio::awaitable<void> {
        const std::vector<topology::Action> drift = co_await api.engine_.drift(shown);
        const std::vector<topology::Action> added = co_await api.engine_.additions(shown);
        const auto counters = to->request().query.find("counters");
        // What is being changed nobody has looked at yet.
        const bool last = counters != to->request().query.end() && counters->second == "last" &&
                          !shown->changing.taken();
        const Readings readings = co_await api.read(shown, last);
        json::monotonic_resource memory;
        json::object told = whole(*shown, readings, memory);
        tell_drift(told, drift);
        tell_additions(told, added);
        json::object object(wire(), told.storage());
        object["lab"] = std::move(told);
        to->answer(200, json::serialize(object));
    };
    spawn(exchange, work(*this, exchange, held));
}

void Api::bundle(Exchange exchange) {
    if (const std::shared_ptr<Lab> held = lab(exchange, Verb::show))
        exchange->answer(200, to_json(held->bundle));
}

void Api::checks(Exchange exchange) {
    if (std::shared_ptr<Lab> held = lab(exchange, Verb::check))
        check::serve(loop_, engine_, std::move(held), std::move(exchange));
}

void Api::steps(Exchange exchange) {
    if (std::shared_ptr<Lab> held = lab(exchange, Verb::check))
        check::serve_steps(loop_, engine_, std::move(held), std::move(exchange));
}

void Api::doctor(Exchange exchange) {
    const auto work = [](Engine& engine, Exchange to) -> asio::awaitable<void> {
        DoctorInput input;
        input.state_dir = engine.options().state_dir;
        input.known = engine.belongings();
        input.rootless = engine.options().rootless != nullptr;
        std::vector<DoctorCheck> checks;
        Worker::Job job = [&] {
            if (const auto& ties = engine.options().ties) {
                input.tied = ties->any();
                for (const auto& [key, words] : ties->lost())
                    input.untied[key.lab + ": " + key.space] = words;
            }
            checks = examine(input);
        };
        co_await engine.kernel_thread().run("doctor", std::move(job));
        json::object object = wire();
        object["checks"] = json::parse(to_json(checks));
        to->answer(200, json::serialize(object));
    };
    spawn(exchange, work(engine_, exchange));
}

}  // namespace labd
