#include "labd/init/door.hpp"

#include "labd/init/failure.hpp"
#include "labd/init/socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace labd::init {
namespace {
// What a labd that is stopped for a minute may leave unread.
constexpr std::size_t queue_limit = 1 << 20;
}  // namespace

void Reply::done(const std::function<void(protocol::Packer&)>& fill) const {
    protocol::Packer packet(static_cast<std::uint32_t>(protocol::Door::answer), id_);
    packet.u32(0).text("");
    fill(packet);
    send_(packet.bytes());
}

void Reply::failed(int error, const std::string& text) const {
    protocol::Packer packet(static_cast<std::uint32_t>(protocol::Door::answer), id_);
    packet.u32(static_cast<std::uint32_t>(error)).text(text);
    send_(packet.bytes());
}

Door::Door(Loop& loop, Fd listener, Request request)
    : loop_(loop), listener_(std::move(listener)), request_(std::move(request)) {
    const int flags = fcntl(listener_.get(), F_GETFL);
    must(flags >= 0 && fcntl(listener_.get(), F_SETFL, flags | O_NONBLOCK) == 0, "use the door");
    loop_.watch(listener_.get(), POLLIN, [this](std::uint32_t) { accept_all(); });
}

void Door::accept_all() {
    for (;;) {
        Fd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) return;
        const std::uint64_t number = ++numbers_;
        const int fd = socket.get();
        connections_[number].socket = std::move(socket);
        loop_.watch(fd, POLLIN, [this, number](int events) { ready(number, events); });
    }
}

void Door::ready(std::uint64_t number, int events) {
    if ((events & POLLOUT) != 0) {
        const auto found = connections_.find(number);
        if (found != connections_.end() && !flush(found->second)) return drop(number);
    }
    // Some requests at a time, so that one busy labd does not starve the services.
    if ((events & ~POLLOUT) != 0)
        for (int i = 0; i < 32 && read(number); ++i) continue;
}

bool Door::read(std::uint64_t number) {
    const auto found = connections_.find(number);
    if (found == connections_.end()) return false;
    Heard heard = hear(found->second.socket.get(), MSG_DONTWAIT);
    if (heard.what == Heard::What::nothing) return false;
    if (heard.what == Heard::What::gone) return drop(number), false;
    protocol::Unpacker in(heard.bytes);
    const auto type = static_cast<protocol::Door>(in.u32());
    const std::uint32_t id = in.u32();
    const Reply reply([this, number](std::string bytes) { send(number, std::move(bytes)); }, id);
    try {
        request_(type, in, std::move(heard.fds), reply);
    } catch (const Failure& failure) {
        reply.failed(failure.error, in_words(failure));
    }
    return true;
}

void Door::tell_all(const std::string& bytes) {
    std::vector<std::uint64_t> numbers;  // send may drop a connection
    for (const auto& [number, connection] : connections_) numbers.push_back(number);
    for (const std::uint64_t number : numbers) send(number, bytes);
}

void Door::send(std::uint64_t number, std::string bytes) {
    const auto found = connections_.find(number);
    if (found == connections_.end()) return;
    Connection& connection = found->second;
    connection.bytes += bytes.size();
    connection.out.push_back(std::move(bytes));
    if (!flush(connection) || connection.bytes > queue_limit) drop(number);
}

// False: the connection is of no more use.
bool Door::flush(Connection& connection) {
    const int fd = connection.socket.get();
    while (!connection.out.empty()) {
        const int error = say(fd, connection.out.front(), {}, MSG_DONTWAIT);
        if (error == EAGAIN) {
            loop_.change(fd, POLLIN | POLLOUT);
            return true;
        }
        if (error != 0) return false;
        connection.bytes -= connection.out.front().size();
        connection.out.pop_front();
    }
    loop_.change(fd, POLLIN);
    return true;
}

void Door::drop(std::uint64_t number) {
    const auto found = connections_.find(number);
    if (found == connections_.end()) return;
    loop_.forget(found->second.socket.get());
    connections_.erase(found);
}

}  // namespace labd::init
