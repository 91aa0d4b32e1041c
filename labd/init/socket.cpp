#include "labd/init/socket.hpp"

#include "labd/init/protocol.hpp"

#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace labd::init {
namespace {
constexpr std::size_t fds_limit = 8;
constexpr std::size_t page = 4096;
// Static: only the pages that a packet really fills ever become memory of a node's init; and of
// whole pages, so that they can be given back.
alignas(page) char buffer[protocol::packet_limit];
}  // namespace

void give_room_back() {
    static_assert(sizeof buffer % page == 0);
    (void)madvise(buffer, sizeof buffer, MADV_DONTNEED);
}

Heard hear(int socket, int flags) {
    iovec part{buffer, sizeof buffer};
    alignas(cmsghdr) char control[CMSG_SPACE(fds_limit * sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t n = 0;
    do n = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    Heard heard;
    if (n < 0) {
        heard.what = errno == EAGAIN ? Heard::What::nothing : Heard::What::gone;
        return heard;
    }
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            heard.fds.emplace_back(fd);
        }
    }
    const bool cut = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    heard.what = n == 0 || cut ? Heard::What::gone : Heard::What::packet;
    heard.bytes.assign(buffer, static_cast<std::size_t>(n));
    return heard;
}

namespace {
ssize_t send_all(int socket, std::string_view bytes, const std::vector<int>& fds, int flags) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(fds_limit * sizeof(int))]{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        const std::size_t size = fds.size() * sizeof(int);
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(size);
        cmsghdr* c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(c), fds.data(), size);
    }
    ssize_t n = 0;
    do n = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n;
}
}  // namespace

int say(int socket, std::string_view bytes, const std::vector<int>& fds, int flags) {
    return send_all(socket, bytes, fds, flags) < 0 ? errno : 0;
}

ssize_t say_some(int socket, std::string_view bytes, const std::vector<int>& fds) {
    return send_all(socket, bytes, fds, MSG_DONTWAIT);
}

}  // namespace labd::init
