// A timer's handler may be queued already when the timer is cancelled; the number tells it from
// the one that is meant.
#include "labd/api/deadline.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <utility>

namespace labd::http {

struct Deadline::Inner {
    Inner(boost::asio::io_context& loop, std::function<void()> call)
        : timer(loop), late(std::move(call)) {}
    boost::asio::steady_timer timer;
    std::function<void()> late;
    std::uint64_t number = 0;
};

Deadline::Deadline(boost::asio::io_context& loop, std::function<void()> late)
    : inner_(std::make_shared<Inner>(loop, std::move(late))) {}

Deadline::~Deadline() {
    disarm();
}

void Deadline::arm(std::chrono::milliseconds time) {
    inner_->timer.expires_after(time);
    inner_->timer.async_wait([weak = std::weak_ptr(inner_), number = ++inner_->number](
                                 const boost::system::error_code& cancelled) {
        const auto inner = weak.lock();
        if (!cancelled && inner && inner->number == number) inner->late();
    });
}

void Deadline::disarm() {
    ++inner_->number;
    inner_->timer.cancel();
}

}  // namespace labd::http
