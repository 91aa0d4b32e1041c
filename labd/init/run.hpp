#pragma once

#include "labd/init/children.hpp"
#include "labd/init/command.hpp"
#include "labd/init/door.hpp"
#include "labd/init/log.hpp"
#include "labd/init/output.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>

namespace labd::init {

// Commands that labd waits for: the `exec` lines of a topology file. Their output goes to the log
// "exec", its end also into the answer.
class Runs {
  public:
    Runs(Loop& loop, Children& children, Logs& logs, Outputs& outputs)
        : loop_(loop), children_(children), logs_(logs), outputs_(outputs) {
        (void)logs_.of("exec");  // can be asked for before the first one
    }
    // Throws Failure when the command cannot be started.
    void start(const Command& command, milliseconds limit, const Reply& reply);

  private:
    struct Run {
        explicit Run(const Reply& r) : reply(r) {}
        Reply reply;
        std::string tail;
        bool timed_out = false;
        std::uint64_t output = 0;
        Loop::Timer timer;
    };
    void ended(const std::shared_ptr<Run>& run, int wait_status);

    Loop& loop_;
    Children& children_;
    Logs& logs_;
    Outputs& outputs_;
};

}  // namespace labd::init
