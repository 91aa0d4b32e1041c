// What changes labs: up and down.
#include "labd/api.hpp"
#include "labd/json_text.hpp"
#include "labd/log.hpp"
#include "labd/wire.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json.hpp>

#include <chrono>
#include <utility>

namespace labd {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

std::string phase_line(const Phase& phase) {
    json::object line;
    line["type"] = "phase";
    line["name"] = phase.name;
    line["done"] = phase.done;
    line["total"] = phase.total;
    line["elapsed"] = phase.elapsed_s;
    return json::serialize(line);
}

std::string notice_line(const std::string& notice) {
    json::object line;
    line["type"] = "notice";
    line["text"] = notice;
    return json::serialize(line);
}

// The answer to an `up`: lines from the first thing there is to tell. What fails before that has a
// status of its own: 403, 400, …
class UpAnswer {
  public:
    explicit UpAnswer(std::shared_ptr<http::Exchange> exchange) : exchange_(std::move(exchange)) {}

    void line(std::string text) {
        if (!std::exchange(begun_, true)) exchange_->begin_lines(200);
        exchange_->line(std::move(text));
    }
    void result(const UpResult& result) {
        line(result_line(result));
        exchange_->end_lines();
    }
    void failure(const UpFailure& failure) {
        if (!begun_) return exchange_->answer(http_status(failure.code), error_line(failure));
        line(error_line(failure));
        exchange_->end_lines();
    }

  private:
    std::shared_ptr<http::Exchange> exchange_;
    bool begun_ = false;
};

}  // namespace

void Api::up(Exchange exchange) {
    UpRequest request;
    try {
        request = parse_up_request(exchange->request().body);
    } catch (const BadRequest& bad) {
        exchange->answer(400, error_json("bad_request", bad.what()));
        return;
    }
    const std::string name = exchange->request().path.at("lab");
    const Peer caller = exchange->request().peer;
    const auto answer = std::make_shared<UpAnswer>(exchange);
    const auto progress = std::make_shared<Progress>();
    progress->phase = [answer](const Phase& phase) { answer->line(phase_line(phase)); };
    progress->notice = [answer](const std::string& notice) { answer->line(notice_line(notice)); };
    Engine& engine = engine_;
    exchange->on_gone([progress, name, &engine] {
        progress->client_gone = true;
        if (progress->under_way) engine.interrupt(name);
    });
    asio::awaitable<UpResult> work = request.dry_run
                                         ? engine_.plan(name, std::move(request), caller)
                                         : engine_.up(name, std::move(request), caller, progress);
    asio::co_spawn(loop_, std::move(work), [answer](std::exception_ptr error, UpResult result) {
        try {
            if (error) std::rethrow_exception(error);
            answer->result(result);
        } catch (const UpFailure& failure) {
            answer->failure(failure);
        } catch (const std::exception& other) {
            log::error(std::string("up failed: ") + other.what());
            answer->failure(UpFailure("internal", other.what()));
        }
    });
}

void Api::down(Exchange exchange) {
    const std::string name = exchange->request().path.at("lab");
    const auto work = [](Engine& engine, Exchange held,
                         std::string lab_name) -> asio::awaitable<void> {
        const auto began = std::chrono::steady_clock::now();
        const bool was = co_await engine.down(lab_name, held->request().peer);
        json::array labs;
        if (was) {
            json::object told;
            told["name"] = lab_name;
            told["elapsed"] =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
            labs.emplace_back(std::move(told));
        }
        json::object object = wire();
        object["labs"] = std::move(labs);
        held->answer(200, json::serialize(object));
    };
    spawn(exchange, work(engine_, exchange, name));
}

}  // namespace labd
