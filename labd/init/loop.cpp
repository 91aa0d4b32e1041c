#include "labd/init/loop.hpp"

#include "labd/init/failure.hpp"

#include <sys/epoll.h>

namespace labd::init {

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    must(bool(epoll_), "make an epoll");
}

// The event carries the descriptor and the turn of its watch: in one batch a descriptor may be
// closed and its number be given to another.
void Loop::watch(int fd, std::uint32_t events, Ready ready) {
    const std::uint32_t turn = ++turns_;
    epoll_event event{};
    event.events = events;
    event.data.u64 = std::uint64_t{turn} << 32 | static_cast<std::uint32_t>(fd);
    must(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0, "watch a descriptor");
    watches_[fd] = {turn, std::make_shared<Ready>(std::move(ready))};
}

void Loop::change(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = std::uint64_t{watches_.at(fd).turn} << 32 | static_cast<std::uint32_t>(fd);
    (void)epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::forget(int fd) {
    if (watches_.erase(fd) != 0) (void)epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Loop::Timer Loop::after(milliseconds delay, std::function<void()> due) {
    const Timer timer{Clock::now() + delay, ++timer_numbers_};
    timers_.emplace(timer, std::move(due));
    return timer;
}

void Loop::cancel(Timer& timer) {
    timers_.erase(timer);
    timer = {};
}

// Milliseconds until the next one, -1 when there is none.
int Loop::run_timers() {
    while (!timers_.empty()) {
        const auto first = timers_.begin();
        const auto left = first->first.first - Clock::now();
        if (left.count() > 0)
            return static_cast<int>(
                std::chrono::duration_cast<milliseconds>(left + milliseconds(1)).count());
        const std::function<void()> due = std::move(first->second);
        timers_.erase(first);
        due();
    }
    return -1;
}

void Loop::run() {
    epoll_event events[64];
    for (;;) {
        const int wait = run_timers();
        const int n = epoll_wait(epoll_.get(), events, 64, wait);
        for (int i = 0; i < n; ++i) {
            const std::uint64_t data = events[i].data.u64;
            const auto found = watches_.find(static_cast<int>(data & 0xffffffffu));
            if (found == watches_.end() || found->second.turn != data >> 32) continue;
            const std::shared_ptr<Ready> ready = found->second.ready;  // it may forget itself
            (*ready)(events[i].events);
        }
    }
}

}  // namespace labd::init
