// Frames of a session as labd/init/protocol.hpp says them, with the descriptors that come along.
#pragma once

#include "labd/fd.hpp"
#include "labd/init/protocol.hpp"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct Received {
    protocol::Frame type{};
    std::string payload;
    std::vector<labd::Fd> fds;  // with `started` only
};

class FrameReader {
  public:
    explicit FrameReader(int fd) : fd_(fd) {}

    // One recvmsg(2) without waiting. False once the other side is gone.
    bool fill();
    // The next whole frame. Throws Failure when what came is no frame.
    std::optional<Received> next();

  private:
    int fd_;
    std::string bytes_;
    std::deque<labd::Fd> fds_;
};

// Small enough never to be split by the kernel; a vanished reader is no error here, the next
// fill() tells.
void send_frame(int fd, protocol::Frame type, std::string_view payload);
void send_signal(int fd, int number);
std::string two_numbers(std::uint32_t a, std::uint32_t b);  // payload of `resize`

}  // namespace cli
