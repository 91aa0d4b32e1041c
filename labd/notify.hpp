// Telling whoever started us how we are: sd_notify(3) by hand, one datagram (systemd and `lab`
// both listen so), and a parent that waits for us to go to the background.
#pragma once

#include "labd/fd.hpp"

#include <string>
#include <string_view>

namespace labd {

class Notifier {
  public:
    // Takes NOTIFY_SOCKET out of the environment, so that no child speaks in our name. Make it
    // before labd changes its network namespace: an abstract address is known in one only.
    Notifier();

    void ready();     // READY=1
    void stopping();  // STOPPING=1

    // True when somebody listens: then going to the background would look like an end.
    bool heard() const { return !address_.empty(); }

    // Continues in a child with a session of its own, stdin from /dev/null and its words in `log`.
    // The parent prints nothing, waits for ready() and exits 0; when the child ends before, it
    // exits 1 after printing the child's last words. Call it before there are threads.
    void detach(const std::string& log);

  private:
    void send(std::string_view state) const;
    std::string address_;
    Fd socket_, parent_;
};

}  // namespace labd
