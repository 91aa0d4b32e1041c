// The reading ends of what commands without a client print. One is read until its last writer has
// gone, which may be long after the command itself: a daemon that it left behind keeps the pipe.
#pragma once

#include "labd/fd.hpp"
#include "labd/init/loop.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>

namespace labd::init {

class Outputs {
  public:
    using Sink = std::function<void(std::string_view bytes)>;
    explicit Outputs(Loop& loop) : loop_(loop) {}
    std::uint64_t read(Fd pipe, Sink sink);
    // Takes what is there by now: when a command has ended, all that it wrote itself.
    void drain(std::uint64_t number);

  private:
    struct Output {
        Fd pipe;
        Sink sink;
    };
    // False when there is nothing more, now or ever.
    bool take(std::uint64_t number);

    Loop& loop_;
    std::unordered_map<std::uint64_t, Output> outputs_;
    std::uint64_t numbers_ = 0;
};

}  // namespace labd::init
