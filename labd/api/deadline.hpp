// A time by which something must have happened, that can be set anew and called off.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace labd::http {

class Deadline {
  public:
    // `late` runs on the loop, never after disarm() or the Deadline's end.
    Deadline(boost::asio::io_context& loop, std::function<void()> late);
    ~Deadline();
    void arm(std::chrono::milliseconds time);
    void disarm();

  private:
    struct Inner;
    std::shared_ptr<Inner> inner_;
};

}  // namespace labd::http
