// recvmsg(2) with room for descriptors, and the cutting of the stream into frames.
#include "cli/frames.hpp"

#include "cli/error.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace cli {
namespace {

constexpr std::size_t most_fds = 4;

[[noreturn]] void throw_garbled() {
    throw Failure("exec_failed", "the node's lab-init sent something that is no frame");
}

}  // namespace

bool FrameReader::fill() {
    std::array<char, 65536> data;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_fds)> control{};
    iovec part{data.data(), data.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t n = ::recvmsg(fd_, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t number = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < number; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            fds_.emplace_back(fd);
        }
    }
    if (n == 0) return false;
    bytes_.append(data.data(), static_cast<std::size_t>(n));
    return true;
}

std::optional<Received> FrameReader::next() {
    protocol::FrameHeader header{};
    if (bytes_.size() < sizeof header) return std::nullopt;
    std::memcpy(&header, bytes_.data(), sizeof header);
    if (header.length > protocol::packet_limit) throw_garbled();
    if (bytes_.size() < sizeof header + header.length) return std::nullopt;
    Received frame;
    frame.type = static_cast<protocol::Frame>(header.type);
    frame.payload = bytes_.substr(sizeof header, header.length);
    bytes_.erase(0, sizeof header + header.length);
    if (frame.type == protocol::Frame::started)
        for (; !fds_.empty(); fds_.pop_front()) frame.fds.push_back(std::move(fds_.front()));
    return frame;
}

void send_frame(int fd, protocol::Frame type, std::string_view payload) {
    const protocol::FrameHeader header{static_cast<std::uint32_t>(type),
                                       static_cast<std::uint32_t>(payload.size())};
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    bytes += payload;
    while (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 && errno == EINTR) continue;
}

void send_signal(int fd, int number) {
    const auto word = static_cast<std::uint32_t>(number);
    send_frame(fd, protocol::Frame::signal, {reinterpret_cast<const char*>(&word), sizeof word});
}

std::string two_numbers(std::uint32_t a, std::uint32_t b) {
    const std::array<std::uint32_t, 2> numbers{a, b};
    return {reinterpret_cast<const char*>(numbers.data()), sizeof numbers};
}

}  // namespace cli
