#include "labd/gather.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <memory>

namespace labd {

namespace asio = boost::asio;

namespace {

// What a task throws before it is a coroutine is thrown where all else that it throws is.
asio::awaitable<void> begin(const Task& task) {
    co_await task();
}

}  // namespace

asio::awaitable<void> gather(std::vector<Task> tasks, std::size_t at_most,
                             std::function<void()> on_failure) {
    if (tasks.empty()) co_return;
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer ended(executor);
    ended.expires_at(asio::steady_timer::time_point::max());
    std::size_t next = 0, running = 0;
    std::exception_ptr first;
    // The tasks' closures live in `tasks`, in this frame, until the last of them has ended.
    const std::size_t width = at_most == 0 ? tasks.size() : at_most;
    while (next < tasks.size() || running > 0) {
        while (next < tasks.size() && running < width && !first) {
            ++running;
            asio::co_spawn(executor, begin(tasks[next++]), [&](std::exception_ptr error) {
                --running;
                if (error && !first) {
                    first = error;
                    if (on_failure) on_failure();
                }
                ended.cancel();
            });
        }
        if (first) next = tasks.size();
        if (running == 0) break;
        boost::system::error_code woken;
        co_await ended.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        ended.expires_at(asio::steady_timer::time_point::max());
    }
    if (first) std::rethrow_exception(first);
}

Signal::Signal(asio::io_context& loop) : loop_(loop) {}

void Signal::notify() {
    for (asio::steady_timer* timer : waiting_) timer->cancel();
}

asio::awaitable<void> Signal::wait_until(std::chrono::steady_clock::time_point deadline) {
    asio::steady_timer timer(loop_);
    timer.expires_at(deadline);
    waiting_.push_back(&timer);
    boost::system::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &timer));
}

asio::awaitable<void> Signal::wait() {
    return wait_until(std::chrono::steady_clock::time_point::max());
}

std::shared_ptr<Turnstile::Place> Turnstile::queue() {
    auto place = std::make_shared<Place>(loop_);
    place->called.expires_at(asio::steady_timer::time_point::max());
    if (std::exchange(taken_, true))
        waiting_.push_back(place);
    else
        place->first = true;
    return place;
}

asio::awaitable<Turnstile::Pass> Turnstile::enter(std::shared_ptr<Place> place) {
    boost::system::error_code woken;
    if (!place->first)
        co_await place->called.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    co_return Pass(this);
}

void Turnstile::release() {
    taken_ = !waiting_.empty();
    if (!taken_) return;
    waiting_.front()->first = true;
    waiting_.front()->called.cancel();
    waiting_.pop_front();
}

}  // namespace labd
