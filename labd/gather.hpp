// Many coroutines at once, and the way to wait until something has changed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
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

// One at a time, in the order of arrival: the changes of one lab. Released by the destructor.
class Turnstile {
  public:
    explicit Turnstile(boost::asio::io_context& loop) : freed_(loop) {}

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
    boost::asio::awaitable<Pass> enter();
    bool taken() const { return taken_; }

  private:
    void release();
    bool taken_ = false;
    Signal freed_;
    std::uint64_t next_ticket_ = 0, serving_ = 0;
};

}  // namespace labd
