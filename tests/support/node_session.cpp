#include "tests/support/node_session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace test {
namespace {

std::pair<Fd, Fd> stream_pair() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::runtime_error("socketpair");
    return {Fd(ends[0]), Fd(ends[1])};
}

void expect_taken(const Answer& answer) {
    if (answer.error != 0) throw std::runtime_error("session refused: " + answer.text);
}

// False at the end of it.
bool read_some(const Fd& fd, std::string& text) {
    char part[65536];
    const ssize_t n = read(fd.get(), part, sizeof part);
    if (n > 0) text.append(part, static_cast<std::size_t>(n));
    return n > 0;
}

}  // namespace

NodeSession::NodeSession(SealedNode& node, const Exec& exec, std::optional<Terminal> terminal) {
    auto [mine, its] = stream_pair();
    connection = std::move(mine);
    const auto fill = [&](protocol::Packer& p) {
        p.list(exec.argv).list(exec.env).text(exec.user).text(exec.dir);
        p.u32(terminal ? 1 : 0).u32(terminal ? terminal->rows : 0);
        p.u32(terminal ? terminal->columns : 0);
    };
    expect_taken(node.ask(protocol::Door::session, fill, its.get()));
    its.reset();
    await_start();
}

NodeSession::NodeSession(SealedNode& node, const std::string& service, bool follow,
                         std::uint32_t lines) {
    auto [mine, its] = stream_pair();
    connection = std::move(mine);
    const auto fill = [&](protocol::Packer& p) { p.text(service).u32(follow ? 1 : 0).u32(lines); };
    expect_taken(node.ask(protocol::Door::logs, fill, its.get()));
}

void NodeSession::await_start() {
    first = next_frame();
    if (!first || first->first != protocol::Frame::started) return;
    first.reset();
    if (fds_.size() == 1) {
        master = std::move(fds_[0]);
    } else if (fds_.size() == 3) {
        in = std::move(fds_[0]), out = std::move(fds_[1]), err = std::move(fds_[2]);
    } else {
        throw std::runtime_error("started came with " + std::to_string(fds_.size()) +
                                 " descriptors");
    }
}

std::optional<NodeSession::Frame> NodeSession::next_frame() {
    protocol::FrameHeader header{};
    for (;;) {
        if (buffer_.size() >= sizeof header) {
            std::memcpy(&header, buffer_.data(), sizeof header);
            if (buffer_.size() >= sizeof header + header.length) break;
        }
        await(connection.get(), POLLIN, "a frame");
        char part[65536];
        iovec span{part, sizeof part};
        alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))];
        msghdr message{};
        message.msg_iov = &span;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t n = recvmsg(connection.get(), &message, MSG_CMSG_CLOEXEC);
        for (cmsghdr* c = n < 0 ? nullptr : CMSG_FIRSTHDR(&message); c != nullptr;
             c = CMSG_NXTHDR(&message, c))
            for (std::size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
                fds_.emplace_back(fd);
            }
        if (n <= 0) return std::nullopt;
        buffer_.append(part, static_cast<std::size_t>(n));
    }
    Frame frame{static_cast<protocol::Frame>(header.type),
                buffer_.substr(sizeof header, header.length)};
    buffer_.erase(0, sizeof header + header.length);
    return frame;
}

void NodeSession::send(protocol::Frame type, const std::string& payload) {
    const protocol::FrameHeader header{static_cast<std::uint32_t>(type),
                                       static_cast<std::uint32_t>(payload.size())};
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    bytes += payload;
    if (::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0)
        throw std::runtime_error("send a frame");
}

void NodeSession::resize(std::uint32_t rows, std::uint32_t columns) {
    const std::uint32_t size[] = {rows, columns};
    send(protocol::Frame::resize, {reinterpret_cast<const char*>(size), sizeof size});
}

void NodeSession::signal(std::uint32_t number) {
    send(protocol::Frame::signal, {reinterpret_cast<const char*>(&number), sizeof number});
}

Result NodeSession::finish(const std::string& input) {
    Result result;
    std::size_t given = 0;
    if (in) (void)fcntl(in.get(), F_SETFL, O_NONBLOCK);
    if (in && input.empty()) in.reset();
    while (out || err || in) {
        pollfd p[] = {{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}, {in.get(), POLLOUT, 0}};
        if (poll(p, 3, 30000) == 0) throw std::runtime_error("no output for half a minute");
        if (p[0].revents != 0 && !read_some(out, result.out)) out.reset();
        if (p[1].revents != 0 && !read_some(err, result.err)) err.reset();
        if (p[2].revents != 0) {
            const ssize_t n = write(in.get(), input.data() + given, input.size() - given);
            if (n > 0) given += static_cast<std::size_t>(n);
            if ((n < 0 && errno != EAGAIN) || given == input.size()) in.reset();
        }
    }
    do {
        if (master) await(master.get(), POLLIN, "the end of a terminal's output");
    } while (master && read_some(master, result.out));
    std::optional<Frame> frame = first ? first : next_frame();
    if (!frame) throw std::runtime_error("the session ended without a word");
    std::uint32_t number = 0;
    std::memcpy(&number, frame->second.data(), std::min(frame->second.size(), sizeof number));
    if (frame->first == protocol::Frame::failed) {
        result.error = static_cast<int>(number);
        result.text = frame->second.substr(sizeof number);
    } else if (frame->first == protocol::Frame::ended) {
        result.wait_status = static_cast<int>(number);
    } else {
        throw std::runtime_error("an unexpected frame");
    }
    return result;
}

std::string NodeSession::read_until(const Fd& fd, const std::string& end) {
    std::string text;
    while (text.size() < end.size() || text.find(end) == std::string::npos) {
        await(fd.get(), POLLIN, end.c_str());
        if (!read_some(fd, text)) throw std::runtime_error("ended before '" + end + "': " + text);
    }
    return text;
}

}  // namespace test
