#include "labd/init/loop.hpp"

#include <utility>

namespace labd::init {

void Loop::watch(int fd, int events, Ready ready) {
    watches_[fd] = {++turns_, static_cast<short>(events),
                    std::make_shared<Ready>(std::move(ready))};
    stale_ = true;
}

void Loop::change(int fd, int events) {
    watches_.at(fd).events = static_cast<short>(events);
    stale_ = true;
}

void Loop::forget(int fd) {
    if (watches_.erase(fd) != 0) stale_ = true;
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

void Loop::list_watches() {
    if (!std::exchange(stale_, false)) return;
    list_.clear(), listed_turns_.clear();
    for (const auto& [fd, watch] : watches_) {
        list_.push_back({fd, watch.events, 0});
        listed_turns_.push_back(watch.turn);
    }
}

void Loop::run() {
    for (;;) {
        const int wait = run_timers();
        list_watches();
        if (::poll(list_.data(), list_.size(), wait) <= 0) continue;
        for (std::size_t i = 0; i < list_.size(); ++i) {
            const auto& [fd, events, seen] = list_[i];
            if (seen == 0) continue;
            // In one round a descriptor may be closed and its number be given to another.
            const auto found = watches_.find(fd);
            if (found == watches_.end() || found->second.turn != listed_turns_[i]) continue;
            if ((seen & POLLNVAL) != 0) {
                forget(fd);
                continue;
            }
            const std::shared_ptr<Ready> ready = found->second.ready;  // it may forget itself
            (*ready)(seen);
        }
    }
}

}  // namespace labd::init
