// One `exec`: a command, its pipes or terminal, and the client it runs for. The client reads and
// writes the command's own ends; PID 1 only starts it, passes signals on and tells how it ended.
#pragma once

#include "labd/init/children.hpp"
#include "labd/init/client.hpp"
#include "labd/init/command.hpp"
#include "labd/init/loop.hpp"

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

namespace labd::init {

struct Terminal {
    bool wanted = false;
    std::uint32_t rows = 24, columns = 80;
};

class Session {
  public:
    Session(Loop& loop, Children& children, Fd client, std::function<void()> over);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    void start(const Command& command, const Terminal& terminal);

  private:
    void start_command(const Command& command, const Terminal& terminal);
    void frame(protocol::Frame type, std::string_view payload);
    void client_gone();
    void end_command(int step);
    void ended(int wait_status);
    void finish();
    void leave();

    Loop& loop_;
    Children& children_;
    Client client_;
    std::function<void()> over_;  // destroys us
    Fd master_;
    pid_t pid_ = 0;  // the command's, its session's and its process group's
    bool running_ = false, gone_ = false;
    Loop::Timer timer_;
};

// All sessions of the node.
class Sessions {
  public:
    Sessions(Loop& loop, Children& children) : loop_(loop), children_(children) {}
    void start(Fd client, const Command& command, const Terminal& terminal);

  private:
    Loop& loop_;
    Children& children_;
    std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions_;
    std::uint64_t numbers_ = 0;
};

}  // namespace labd::init
