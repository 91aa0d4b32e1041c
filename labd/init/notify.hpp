#pragma once

#include "labd/fd.hpp"
#include "labd/init/loop.hpp"

#include <functional>
#include <string>

namespace labd::init {

// The socket of sd_notify(3) for one service: READY=1 and STATUS=….
class Notify {
  public:
    struct Heard {
        std::function<void()> ready;
        std::function<void(std::string text)> status;
    };
    // Throws Failure.
    Notify(Loop& loop, const std::string& service, Heard heard);
    ~Notify();
    Notify(const Notify&) = delete;
    Notify& operator=(const Notify&) = delete;
    const std::string& path() const { return path_; }

  private:
    void read();

    Loop& loop_;
    std::string path_;
    Fd socket_;
    Heard heard_;
};

}  // namespace labd::init
