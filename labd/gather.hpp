// Many coroutines at once, and the way to wait until something has changed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace labd {

using Task = std::function<boost::asio::awaitable<void>()>;

// Runs all tasks, `at_most` at a time (0: all at once), and returns when every one has ended. The
// first exception is thrown then: nobody is left running behind the caller's back. `on_failure` is
// called at the first one, to tell the others not to wait any longer.
boost::asio::awaitable<void> gather(std::vector<Task> tasks, std::size_t at_most = 0,
                                    std::function<void()> on_failure = {});

// Broadcast on the loop thread: everybody who waits is woken by each call of notify().
class Signal {
  public:
    explicit Signal(boost::asio::io_context& loop);
    void notify();
    // Returns at the next notify() or at the deadline, whichever is first.
    boost::asio::awaitable<void> wait_until(std::chrono::steady_clock::time_point deadline);
    boost::asio::awaitable<void> wait();

  private:
    boost::asio::io_context& loop_;
    std::vector<boost::asio::steady_timer*> waiting_;
};

// One at a time, in the order of arrival: the changes of one lab. Released by the destructor of a
// Pass, which wakes the next one and nobody else.
class Turnstile {
  public:
    explicit Turnstile(boost::asio::io_context& loop) : loop_(loop) {}

    class Pass {
      public:
        explicit Pass(Turnstile* owner) : owner_(owner) {}
        Pass(Pass&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Pass& operator=(Pass&&) = delete;
        Pass(const Pass&) = delete;
        Pass& operator=(const Pass&) = delete;
        ~Pass() {
            if (owner_ != nullptr) owner_->release();
        }

      private:
        Turnstile* owner_;
    };

    // A place in the queue, to be taken now and waited for later. Whoever has one must enter.
    struct Place {
        explicit Place(boost::asio::io_context& loop) : called(loop) {}
        boost::asio::steady_timer called;  // cancelled when it is
        bool first = false;
    };
    std::shared_ptr<Place> queue();

    boost::asio::awaitable<Pass> enter(std::shared_ptr<Place> place);
    boost::asio::awaitable<Pass> enter() { return enter(queue()); }
    bool taken() const { return taken_; }

  private:
    void release();
    boost::asio::io_context& loop_;
    bool taken_ = false;  // also while who is next has not woken yet
    std::deque<std::shared_ptr<Place>> waiting_;
};

}  // namespace labd
