#include "labd/init/client.hpp"

#include "labd/init/failure.hpp"
#include "labd/init/socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace labd::init {
namespace {
// Clients send window sizes and signals, nothing longer.
constexpr std::uint32_t payload_limit = 4096;
}  // namespace

Client::Client(Loop& loop, Fd socket) : loop_(loop), socket_(std::move(socket)) {}

Client::~Client() {
    if (socket_) loop_.forget(socket_.get());
}

void Client::listen(Handlers handlers) {
    handlers_ = std::move(handlers);
    events_ = POLLIN | POLLRDHUP | (out_.empty() ? 0 : POLLOUT);
    loop_.watch(socket_.get(), events_, [this](int events) { ready(events); });
}

void Client::send(protocol::Frame type, std::string_view payload, std::vector<Fd> fds) {
    if (!socket_) return;
    const protocol::FrameHeader header{static_cast<std::uint32_t>(type),
                                       static_cast<std::uint32_t>(payload.size())};
    if (!fds.empty()) fds_ = std::move(fds);  // only of `started`, the first frame of all
    out_.append(reinterpret_cast<const char*>(&header), sizeof header).append(payload);
    flush();
}

// Instead of `started`: it goes, and its command with it.
void Client::refuse_descriptors() {
    constexpr std::uint32_t error = ETOOMANYREFS;
    constexpr std::string_view why =
        "a program of the node has as many descriptors on their way through sockets as there may "
        "be";
    const protocol::FrameHeader header{static_cast<std::uint32_t>(protocol::Frame::failed),
                                       static_cast<std::uint32_t>(sizeof error + why.size())};
    fds_.clear();
    out_.assign(reinterpret_cast<const char*>(&header), sizeof header);
    out_.append(reinterpret_cast<const char*>(&error), sizeof error).append(why);
}

void Client::flush() {
    while (!out_.empty()) {
        std::vector<int> fds;
        for (const Fd& fd : fds_) fds.push_back(fd.get());
        const std::size_t part = std::min<std::size_t>(out_.size(), 32 * 1024);
        // In small parts: a follower's 64 KiB may not fit at once, and a stream takes what fits.
        const ssize_t n = say_some(socket_.get(), std::string_view(out_).substr(0, part), fds);
        if (n < 0) {
            if (errno == EAGAIN) break;
            if (errno == ETOOMANYREFS && !fds_.empty()) {
                refuse_descriptors();
                continue;
            }
            out_.clear(), fds_.clear();
            break;  // the reading side will tell that the client has gone
        }
        fds_.clear();
        out_.erase(0, static_cast<std::size_t>(n));
    }
    const int wanted = POLLIN | POLLRDHUP | (out_.empty() ? 0 : POLLOUT);
    if (events_ != 0 && wanted != events_) loop_.change(socket_.get(), events_ = wanted);
}

void Client::ready(int events) {
    if ((events & POLLOUT) != 0) {
        flush();
        if (out_.empty() && handlers_.drained) {
            handlers_.drained();  // may destroy us
            return;
        }
    }
    if ((events & (POLLIN | POLLRDHUP | POLLHUP | POLLERR)) != 0) read_frames();
}

void Client::read_frames() {
    char part[1024];
    const ssize_t n = recv(socket_.get(), part, sizeof part, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return lose();
    in_.append(part, static_cast<std::size_t>(n));
    protocol::FrameHeader header{};
    while (in_.size() >= sizeof header) {
        std::memcpy(&header, in_.data(), sizeof header);
        if (header.length > payload_limit) return lose();
        if (in_.size() < sizeof header + header.length) return;
        const std::string payload = in_.substr(sizeof header, header.length);
        in_.erase(0, sizeof header + header.length);
        if (handlers_.frame) handlers_.frame(static_cast<protocol::Frame>(header.type), payload);
    }
}

void Client::lose() {
    loop_.forget(socket_.get());
    socket_.reset();
    out_.clear();
    const std::function<void()> gone = std::move(handlers_.gone);
    if (gone) gone();  // may destroy us
}

}  // namespace labd::init
