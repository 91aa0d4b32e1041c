// The one loop of PID 1: descriptors and timers. Nothing in it ever blocks on a client.
#pragma once

#include "labd/fd.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

namespace labd::init {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class Loop {
  public:
    using Ready = std::function<void(std::uint32_t events)>;
    // When it is due, and a number that makes it unique; null = none.
    using Timer = std::pair<Clock::time_point, std::uint64_t>;

    Loop();
    // Level-triggered EPOLL* events. The callback may forget its own and any other descriptor.
    void watch(int fd, std::uint32_t events, Ready ready);
    void change(int fd, std::uint32_t events);
    void forget(int fd);
    Timer after(milliseconds delay, std::function<void()> due);
    void cancel(Timer& timer);
    void run();

  private:
    struct Watch {
        std::uint32_t turn = 0;
        std::shared_ptr<Ready> ready;
    };
    int run_timers();

    Fd epoll_;
    std::unordered_map<int, Watch> watches_;
    std::map<Timer, std::function<void()>> timers_;
    std::uint32_t turns_ = 0;
    std::uint64_t timer_numbers_ = 0;
};

}  // namespace labd::init
