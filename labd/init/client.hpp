// The client's end of a session: frames out through a bounded queue, frames in. It never blocks.
#pragma once

#include "labd/fd.hpp"
#include "labd/init/loop.hpp"
#include "labd/init/protocol.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace labd::init {

class Client {
  public:
    struct Handlers {
        std::function<void(protocol::Frame, std::string_view payload)> frame;
        std::function<void()> gone;     // the client went, or speaks nonsense; called once
        std::function<void()> drained;  // everything sent has been taken
    };
    Client(Loop& loop, Fd socket);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void listen(Handlers handlers);
    // Queues one frame; descriptors go with its first byte.
    void send(protocol::Frame type, std::string_view payload, std::vector<Fd> fds = {});
    bool empty() const { return out_.empty(); }
    bool open() const { return bool(socket_); }

  private:
    void ready(int events);
    void read_frames();
    void refuse_descriptors();
    void flush();
    void lose();

    Loop& loop_;
    Fd socket_;
    Handlers handlers_;
    std::string out_, in_;
    std::vector<Fd> fds_;  // of out_'s first byte
    int events_ = 0;
};

}  // namespace labd::init
