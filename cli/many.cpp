// Many commands at once: a poll loop over all of them, a bounded number at a time.
#include "cli/error.hpp"
#include "cli/session.hpp"
#include "cli/signals.hpp"
#include "cli/time_limit.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>

namespace cli {
namespace {

using Clock = std::chrono::steady_clock;

class Run {
  public:
    Run(std::size_t job, labd::Fd connection, const ManyOptions& options)
        : job_(job),
          connection_(std::move(connection)),
          reader_(connection_.get()),
          options_(options),
          limit_(options.timeout, began_) {}

    std::size_t job() const { return job_; }
    Clock::time_point began() const { return began_; }
    int connection() const { return connection_.get(); }
    const std::optional<Outcome>& outcome() const { return outcome_; }
    int patience() const { return limit_.wait(); }

    void on_time() {
        const TimeLimit::Due due = limit_.due();
        if (due == TimeLimit::Due::terminate) send_signal(connection_.get(), SIGTERM);
        if (due == TimeLimit::Due::kill) send_signal(connection_.get(), SIGKILL);
        if (due == TimeLimit::Due::let_go || (limit_.passed() && outcome_))
            outcome_ = Outcome{Outcome::How::timed_out, 0, 0, ""};
    }

    void watch(std::vector<pollfd>& list) const {
        list.push_back({connection_.get(), POLLIN, 0});
        for (const labd::Fd& fd : streams_) list.push_back({fd ? fd.get() : -1, POLLIN, 0});
    }

    // The same three slots that watch() added.
    void handle(const pollfd* slots) {
        for (std::size_t s = 0; s < streams_.size(); ++s)
            if (slots[s + 1].revents != 0) (void)read_stream(s);
        if (slots[0].revents == 0) return;
        const bool alive = reader_.fill();
        while (auto frame = reader_.next()) take(std::move(*frame));
        if (!alive && !outcome_) outcome_ = Outcome{};
        // Everything written before the end is in the pipes by now.
        if (outcome_)
            for (std::size_t s = 0; s < streams_.size(); ++s)
                while (read_stream(s)) continue;
    }

  private:
    void take(Received frame) {
        if (frame.type == protocol::Frame::output) {
            options_.output(job_, 1, frame.payload);
        } else if (frame.type == protocol::Frame::started && frame.fds.size() == 3) {
            // Several commands share no stdin: each reads end of file at once.
            for (std::size_t s = 0; s < streams_.size(); ++s) {
                streams_[s] = std::move(frame.fds[s + 1]);
                unblock(streams_[s].get());
            }
        } else if (auto outcome = outcome_of(frame)) {
            outcome_ = std::move(outcome);
        }
    }

    // True while there may be more right now.
    bool read_stream(std::size_t s) {
        if (!streams_[s]) return false;
        std::array<char, 65536> buffer;
        const ssize_t n = ::read(streams_[s].get(), buffer.data(), buffer.size());
        if (n > 0) {
            options_.output(job_, static_cast<int>(s) + 1,
                            {buffer.data(), static_cast<std::size_t>(n)});
            return true;
        }
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) streams_[s].reset();
        return false;
    }

    std::size_t job_;
    Clock::time_point began_ = Clock::now();
    labd::Fd connection_;
    FrameReader reader_;
    const ManyOptions& options_;
    TimeLimit limit_;
    std::array<labd::Fd, 2> streams_;
    std::optional<Outcome> outcome_;
};

constexpr std::size_t slots_per_run = 3;

void forward(SessionSignals& signals, const std::vector<std::unique_ptr<Run>>& runs) {
    while (const int number = signals.next())
        for (const auto& run : runs) send_signal(run->connection(), number);
}

// The earliest time limit of all, -1 = none.
int patience(const std::vector<std::unique_ptr<Run>>& runs) {
    int least = -1;
    for (const auto& run : runs)
        if (const int own = run->patience(); own >= 0 && (least < 0 || own < least)) least = own;
    return least;
}

Outcome not_opened(const Failure& failure) {
    Outcome outcome;
    outcome.how = Outcome::How::failed;
    outcome.text = failure.message;
    return outcome;
}

}  // namespace

std::vector<JobResult> run_many(const std::vector<Job>& jobs, const ManyOptions& options) {
    std::vector<JobResult> results(jobs.size());
    std::vector<std::unique_ptr<Run>> runs;
    std::optional<SessionSignals> signals;
    if (options.forward_signals) signals.emplace(forwarded_signals());
    std::size_t next = 0;
    while (true) {
        for (; next < jobs.size() && runs.size() < std::max<std::size_t>(options.parallel, 1);
             ++next) {
            try {
                runs.push_back(std::make_unique<Run>(next, jobs[next].open(), options));
            } catch (const Failure& failure) {
                results[next].outcome = not_opened(failure);
            }
        }
        if (runs.empty()) return results;
        std::vector<pollfd> list{{signals ? signals->fd() : -1, POLLIN, 0}};
        for (const auto& run : runs) run->watch(list);
        const int n = ::poll(list.data(), list.size(), patience(runs));
        if (n < 0 && errno != EINTR) throw Failure("exec_failed", "wait for the commands failed");
        if ((list[0].revents & POLLIN) != 0) forward(*signals, runs);
        for (std::size_t i = 0; n > 0 && i < runs.size(); ++i)
            runs[i]->handle(&list[1 + i * slots_per_run]);
        const auto now = Clock::now();
        std::erase_if(runs, [&](const std::unique_ptr<Run>& run) {
            run->on_time();
            if (!run->outcome()) return false;
            const std::chrono::duration<double> took = now - run->began();
            results[run->job()] = {*run->outcome(), took.count()};
            return true;
        });
    }
}

}  // namespace cli
