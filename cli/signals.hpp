// The signals that a running session forwards, as a descriptor instead of handlers.
#pragma once

#include "labd/fd.hpp"

#include <csignal>
#include <vector>

namespace cli {

// While it lives, these signals wait in fd() (signalfd(2)) and SIGPIPE is ignored, so that a closed
// stdout is an EPIPE to be handled and not our death.
class SessionSignals {
  public:
    explicit SessionSignals(const std::vector<int>& numbers);
    ~SessionSignals();
    SessionSignals(const SessionSignals&) = delete;
    SessionSignals& operator=(const SessionSignals&) = delete;
    int fd() const { return fd_.get(); }
    int next();  // 0 = none is waiting

  private:
    labd::Fd fd_;
    sigset_t before_{};
    void (*pipe_before_)(int) = nullptr;
};

// INT TERM HUP QUIT USR1 USR2 TSTP CONT.
const std::vector<int>& forwarded_signals();

}  // namespace cli
