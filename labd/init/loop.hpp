// The one loop of PID 1: descriptors and timers. Nothing in it ever blocks on a client. By poll(2):
// of what epoll(7) watches a user has so many (max_user_watches), and to the kernel the nodes of a
// lab are one user, so that any of them could leave none to the others' PID 1.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace labd::init {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class Loop {
  public:
    using Ready = std::function<void(int events)>;
    // When it is due, and a number that makes it unique; null = none.
    using Timer = std::pair<Clock::time_point, std::uint64_t>;

    // POLL* events, for as long as they last. The callback may forget its own and any other
    // descriptor.
    void watch(int fd, int events, Ready ready);
    void change(int fd, int events);
    void forget(int fd);
    Timer after(milliseconds delay, std::function<void()> due);
    void cancel(Timer& timer);
    void run();

  private:
    struct Watch {
        std::uint32_t turn = 0;
        short events = 0;
        std::shared_ptr<Ready> ready;
    };
    int run_timers();
    void list_watches();

    std::unordered_map<int, Watch> watches_;
    bool stale_ = false;  // the list of them
    std::vector<pollfd> list_;
    std::vector<std::uint32_t> listed_turns_;
    std::map<Timer, std::function<void()>> timers_;
    std::uint32_t turns_ = 0;
    std::uint64_t timer_numbers_ = 0;
};

}  // namespace labd::init
