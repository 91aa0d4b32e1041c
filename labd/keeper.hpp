// Who brings labd back when it has died over something that was to be undone by itself: a process
// of its own that waits for the time, and does nothing as long as labd lives. Where something
// supervises labd, that does it.
#pragma once

#include "labd/fd.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace labd {

namespace keeper {
inline constexpr const char* role = "--keeper";
// The life of the process that Keeper starts: `argv` as it has been started.
int serve(int argc, char** argv);
}  // namespace keeper

// Before NOTIFY_SOCKET is taken out of the environment.
bool is_supervised();

class Keeper {
  public:
    // `socket`: where a labd answers; `arguments`: those that one is started with.
    Keeper(std::string program, std::string socket, std::vector<std::string> arguments);
    ~Keeper();  // labd ends as it should, and nobody brings it back
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    // By monotonic_ns(). Best effort: what cannot be started is a line in the log.
    void remember(std::int64_t until_ns);

  private:
    bool tell(std::int64_t until_ns) const;
    void start();

    std::string program_, socket_;
    std::vector<std::string> arguments_;
    Fd conversation_;
};

// What this process was started with, without its name.
std::vector<std::string> own_arguments();

}  // namespace labd
