// Asio has no call for ancillary data: wait for readiness, then plain recvmsg and sendmsg.
#include "labd/packet.hpp"

#include "labd/fail.hpp"
#include "labd/init/protocol.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace labd {
namespace {

constexpr std::size_t fds_limit = 4;

sockaddr_un address_of(int directory, const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail("socket " + name);
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

// Nothing when there is nothing yet.
std::optional<Packet> receive_from(int socket) {
    // One for all sockets of a thread: hundreds of doors wait, and what they would hold adds up.
    static thread_local std::array<char, protocol::packet_limit> room;
    iovec part{room.data(), room.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(fds_limit * sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t n = -1;
    do n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) return std::nullopt;
    if (n < 0 && errno == ECONNRESET) return Packet();
    if (n < 0) fail("cannot receive a packet");
    Packet packet;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            packet.fds.emplace_back(fd);
        }
    }
    if ((message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0)
        throw std::runtime_error("a packet was longer than the protocol allows");
    packet.bytes.assign(room.data(), static_cast<std::size_t>(n));
    return packet;
}

}  // namespace

PacketSocket::PacketSocket(boost::asio::io_context& loop, Fd socket) : socket_(loop) {
    const int flags = fcntl(socket.get(), F_GETFL);
    if (flags < 0 || fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) < 0)
        fail("cannot make a packet socket non-blocking");
    socket_.assign(socket.release());
}

boost::asio::awaitable<Packet> PacketSocket::receive() {
    for (;;) {
        if (std::optional<Packet> packet = receive_from(socket_.native_handle()))
            co_return std::move(*packet);
        co_await socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                    boost::asio::use_awaitable);
    }
}

boost::asio::awaitable<void> PacketSocket::send(std::string bytes, int fd, int second) {
    const std::array fds{fd, second};
    const std::size_t size = (fd < 0 ? 0 : second < 0 ? 1 : 2) * sizeof fd;
    for (;;) {
        iovec part{bytes.data(), bytes.size()};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof fds)]{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (size > 0) {
            message.msg_control = control;
            message.msg_controllen = CMSG_SPACE(size);
            cmsghdr* c = CMSG_FIRSTHDR(&message);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(size);
            std::memcpy(CMSG_DATA(c), fds.data(), size);
        }
        if (sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) co_return;
        if (errno == EINTR) continue;
        if (errno != EAGAIN) fail("cannot send a packet");
        co_await socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                                    boost::asio::use_awaitable);
    }
}

void PacketSocket::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

pid_t PacketSocket::peer_pid() {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(socket_.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
    return peer.pid;
}

std::pair<Fd, Fd> packet_pair() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        fail("cannot make a pair of packet sockets");
    return {Fd(ends[0]), Fd(ends[1])};
}

Fd listen_at(int directory, const std::string& name) {
    const sockaddr_un address = address_of(directory, name);
    Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!socket) fail("cannot make a socket");
    if (unlinkat(directory, name.c_str(), 0) != 0 && errno != ENOENT)
        fail("cannot remove the old socket " + name);
    // Before bind: between bind and a later chmod anybody could connect.
    if (fchmod(socket.get(), 0600) != 0) fail("cannot protect the socket " + name);
    if (bind(socket.get(), generic(address), sizeof address) != 0)
        fail("cannot bind the socket " + name);
    if (listen(socket.get(), 64) != 0) fail("cannot listen at " + name);
    return socket;
}

Fd connect_at(int directory, const std::string& name) {
    const sockaddr_un address = address_of(directory, name);
    Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!socket) fail("cannot make a socket");
    if (connect(socket.get(), generic(address), sizeof address) != 0)
        fail("cannot connect to " + name);
    return socket;
}

}  // namespace labd
