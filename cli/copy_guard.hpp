// A process beside a `lab` that works on copies: it takes down what is left when that is killed
// (SIGKILL, the OOM killer), which cannot do so itself.
#pragma once

#include "cli/options.hpp"
#include "labd/fd.hpp"

#include <sys/types.h>

#include <string>

namespace cli {

class CopyGuard {
  public:
    // Forks: to be made before any thread is. Throws Failure.
    explicit CopyGuard(const Globals& globals);
    CopyGuard(const CopyGuard&) = delete;
    CopyGuard& operator=(const CopyGuard&) = delete;
    ~CopyGuard();  // waits for its end

    // From any thread.
    void watch(const std::string& lab);
    void forget(const std::string& lab);

  private:
    void tell(char what, const std::string& lab);

    labd::Fd names_;
    pid_t pid_ = -1;
};

}  // namespace cli
