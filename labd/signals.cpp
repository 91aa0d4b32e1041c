// Handlers, never SIG_IGN: what is ignored stays ignored across exec, and a node's programs want
// their HUP and PIPE; handlers go back to the default (signal(7)).
#include "labd/signals.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <utility>

namespace labd {

struct Signals::Inner : std::enable_shared_from_this<Signals::Inner> {
    Inner(boost::asio::io_context& loop, std::function<void(int)> call)
        : stopping(loop, SIGTERM, SIGINT), ignored(loop, SIGHUP, SIGPIPE), stop(std::move(call)) {}

    void wait() {
        stopping.async_wait(
            [self = shared_from_this()](const boost::system::error_code& error, int number) {
                if (error) return;
                if (const auto call = std::exchange(self->stop, nullptr)) call(number);
                self->wait();
            });
    }

    void swallow() {
        ignored.async_wait(
            [self = shared_from_this()](const boost::system::error_code& error, int) {
                if (!error) self->swallow();
            });
    }

    boost::asio::signal_set stopping, ignored;
    std::function<void(int)> stop;
};

Signals::Signals(boost::asio::io_context& loop, std::function<void(int)> stop)
    : inner_(std::make_shared<Inner>(loop, std::move(stop))) {
    inner_->wait();
    inner_->swallow();
}

Signals::~Signals() {
    inner_->stop = nullptr;
    inner_->stopping.cancel();
    inner_->ignored.cancel();
}

}  // namespace labd
