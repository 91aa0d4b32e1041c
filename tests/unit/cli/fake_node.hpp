// The node's side of a session, played on a thread over a socket pair.
#pragma once

#include "labd/fd.hpp"
#include "labd/init/protocol.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace test {

inline std::pair<labd::Fd, labd::Fd> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    return {labd::Fd(ends[0]), labd::Fd(ends[1])};
}

inline std::string read_all(int fd) {
    std::string all;
    std::array<char, 65536> buffer;
    ssize_t n = 0;
    while ((n = ::read(fd, buffer.data(), buffer.size())) > 0)
        all.append(buffer.data(), static_cast<std::size_t>(n));
    return all;
}

inline bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

inline std::string frame(protocol::Frame type, std::string_view payload = {}) {
    const protocol::FrameHeader header{static_cast<std::uint32_t>(type),
                                       static_cast<std::uint32_t>(payload.size())};
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    return bytes.append(payload);
}

inline std::string number(std::uint32_t value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

class FakeNode {
  public:
    labd::Fd connection;    // ours
    labd::Fd in, out, err;  // the command's ends

    void start() {
        auto [in_read, in_write] = make_pipe();
        auto [out_read, out_write] = make_pipe();
        auto [err_read, err_write] = make_pipe();
        in = std::move(in_read), out = std::move(out_write), err = std::move(err_write);
        send_fds(frame(protocol::Frame::started), {in_write.get(), out_read.get(), err_read.get()});
    }

    void send_fds(const std::string& bytes, const std::vector<int>& fds) {
        std::array<char, CMSG_SPACE(sizeof(int) * 4)> control{};
        iovec part{const_cast<char*>(bytes.data()), bytes.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
        cmsghdr* c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
        std::memcpy(CMSG_DATA(c), fds.data(), sizeof(int) * fds.size());
        if (::sendmsg(connection.get(), &message, MSG_NOSIGNAL) < 0)
            throw std::runtime_error("sendmsg");
    }

    void send(protocol::Frame type, std::string_view payload = {}) {
        const std::string bytes = frame(type, payload);
        (void)::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }

    void end(int wait_status) {
        send(protocol::Frame::ended, number(static_cast<std::uint32_t>(wait_status)));
    }

    // The next frame of the client; its type 0 at the end of the connection.
    std::pair<std::uint32_t, std::string> hear() {
        protocol::FrameHeader header{};
        if (::recv(connection.get(), &header, sizeof header, MSG_WAITALL) != sizeof header)
            return {0, ""};
        std::string payload(header.length, '\0');
        if (header.length > 0 &&
            ::recv(connection.get(), payload.data(), payload.size(), MSG_WAITALL) < 0)
            return {0, ""};
        return {header.type, payload};
    }
};

// Runs `play` as the node; gives the client's end.
class Play {
  public:
    explicit Play(std::function<void(FakeNode&)> play) {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
            throw std::runtime_error("socketpair");
        client_.reset(ends[0]);
        node_.connection.reset(ends[1]);
        thread_ = std::thread([this, play = std::move(play)] {
            play(node_);
            node_.in.reset(), node_.out.reset(), node_.err.reset();
            node_.connection.reset();
        });
    }
    ~Play() { thread_.join(); }
    labd::Fd client() { return std::move(client_); }

  private:
    labd::Fd client_;
    FakeNode node_;
    std::thread thread_;
};

}  // namespace test
