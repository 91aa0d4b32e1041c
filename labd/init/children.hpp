// Every process of the node that ends: ours, and the orphans that only PID 1 can reap.
#pragma once

#include "labd/fd.hpp"
#include "labd/init/loop.hpp"

#include <sys/types.h>

#include <functional>
#include <unordered_map>

namespace labd::init {

class Children {
  public:
    using Ended = std::function<void(int wait_status)>;
    explicit Children(Loop& loop);
    void await(pid_t pid, Ended ended);
    // Its end is of no interest any more; it is still reaped.
    void disown(pid_t pid);

  private:
    void reap();

    Fd signals_;
    std::unordered_map<pid_t, Ended> awaited_;
};

// Sends a signal to every process of a session, also to those in process groups of their own (the
// jobs of an interactive shell).
void signal_session(pid_t session, int signal);

}  // namespace labd::init
