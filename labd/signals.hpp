// Signals, as events of the loop. TERM and INT: one orderly stop, which keeps the labs. HUP: a
// terminal that closes is no reason to do anything.
#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace labd {

class Signals {
  public:
    // `stop` is called once, with the signal's number, however many come.
    Signals(boost::asio::io_context& loop, std::function<void(int)> stop);
    ~Signals();

  private:
    struct Inner;
    std::shared_ptr<Inner> inner_;
};

}  // namespace labd
