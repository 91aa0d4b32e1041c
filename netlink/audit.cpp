#include "netlink/audit.hpp"

#include <libmnl/libmnl.h>
#include <linux/audit.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace netlink {
namespace {

constexpr std::size_t longest = 8000;

constexpr int now = MSG_DONTWAIT;
// The state is told by a thread that the kernel starts for it (audit_send_reply), which takes less
// than a millisecond; whoever asks waits for it, and not for ever.
constexpr std::chrono::milliseconds patience{500};

}  // namespace

Audit::Audit() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT)) {}

bool Audit::enabled() {
    const auto time = std::chrono::steady_clock::now();
    if (socket_ && (asked_ == decltype(asked_){} || time - asked_ > std::chrono::seconds(1))) {
        asked_ = time;
        enabled_ = ask().value_or(enabled_);
    }
    return enabled_;
}

// Nothing where the kernel takes its time.
std::optional<bool> Audit::ask() {
    std::array<char, 8192> buffer{};
    nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = AUDIT_GET;
    request->nlmsg_flags = NLM_F_REQUEST;
    request->nlmsg_seq = ++sequence_;
    if (::send(socket_.get(), request, request->nlmsg_len, now) < 0) return false;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd answer{socket_.get(), POLLIN, 0};
        if (left.count() <= 0 || ::poll(&answer, 1, static_cast<int>(left.count())) == 0)
            return std::nullopt;
        const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), now);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return false;
        if (const std::optional<bool> told = read({buffer.data(), static_cast<std::size_t>(n)}))
            return told;
    }
}

// What a datagram tells of the state, if it is the answer to the last question or a refusal of it.
std::optional<bool> Audit::read(std::span<const char> datagram) const {
    int left = static_cast<int>(datagram.size());
    for (const nlmsghdr* message = reinterpret_cast<const nlmsghdr*>(datagram.data());
         mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
        // Answers to earlier questions and messages may lie before it.
        if (message->nlmsg_seq != sequence_) continue;
        if (message->nlmsg_type == NLMSG_ERROR) return false;  // none was asked for otherwise
        if (message->nlmsg_type != AUDIT_GET) continue;
        // Older kernels tell less: what is missing is nothing.
        audit_status status{};
        std::memcpy(&status, mnl_nlmsg_get_payload(message),
                    std::min(sizeof status, mnl_nlmsg_get_payload_len(message)));
        return status.enabled != 0;
    }
    return std::nullopt;
}

void Audit::send(std::uint16_t type, std::string_view text) {
    if (!socket_) return;
    text = text.substr(0, longest);
    std::array<char, sizeof(nlmsghdr) + longest + 8> buffer{};
    nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST;
    message->nlmsg_seq = ++sequence_;
    // With its zero, as auditctl sends it.
    auto* payload = static_cast<char*>(mnl_nlmsg_put_extra_header(message, text.size() + 1));
    std::memcpy(payload, text.data(), text.size());
    (void)::send(socket_.get(), message, message->nlmsg_len, now);
}

}  // namespace netlink
