// The end of a command's time: TERM, two seconds later KILL, two more and we let go.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace cli {

class TimeLimit {
  public:
    using Clock = std::chrono::steady_clock;

    explicit TimeLimit(double seconds, Clock::time_point now = Clock::now()) {
        if (seconds > 0)
            next_ = now + std::chrono::duration_cast<Clock::duration>(
                              std::chrono::duration<double>(seconds));
    }

    // For poll(2): milliseconds until something is due, -1 = never.
    int wait(Clock::time_point now = Clock::now()) const {
        if (!next_) return -1;
        if (*next_ <= now) return 0;
        return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*next_ - now).count());
    }

    enum class Due { nothing, terminate, kill, let_go };
    Due due(Clock::time_point now = Clock::now()) {
        if (!next_ || now < *next_) return Due::nothing;
        next_ = now + std::chrono::seconds(2);
        ++stage_;
        return stage_ == 1 ? Due::terminate : stage_ == 2 ? Due::kill : Due::let_go;
    }

    bool passed() const { return stage_ > 0; }

  private:
    std::optional<Clock::time_point> next_;
    int stage_ = 0;
};

}  // namespace cli
