// Captured packets as lines, while they come: tcpdump reads them from us, and each of its lines
// gets the point before it.
#pragma once

#include "cli/child.hpp"

#include <deque>
#include <string>
#include <string_view>

namespace cli {

class CaptureView {
  public:
    // Throws Failure when tcpdump is not there.
    CaptureView(std::string_view head, bool names);

    // Blocks of packets, and where each was seen. More than it takes at once waits here.
    void feed(std::string_view blocks, const std::deque<std::string>& names);
    bool waits() const { return !queue_.empty(); }
    // So much waits that the kernel should keep the rest.
    bool full() const;
    int in() const { return child_.in.get(); }    // writable: push()
    int out() const { return child_.out.get(); }  // readable: show()
    void push();
    bool show();                             // false: it has ended
    bool closed() const { return closed_; }  // nobody reads what we print
    // All that waits is shown. Throws Failure with tcpdump's words when it failed.
    void finish();

  private:
    void print_lines();

    Child child_;
    bool names_wanted_, closed_ = false;
    std::string queue_, text_;
    std::deque<std::string> names_;  // of the packets whose line has not come yet
};

}  // namespace cli
