#include "netlink/audit.hpp"

#include <libmnl/libmnl.h>
#include <linux/audit.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace netlink {
namespace {

constexpr std::size_t longest = 8000;

// Answers come while we send: audit's netlink works in the sender's own system call.
constexpr int now = MSG_DONTWAIT;

}  // namespace

Audit::Audit() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT)) {}

bool Audit::enabled() {
    const auto time = std::chrono::steady_clock::now();
    if (socket_ && (asked_ == decltype(asked_){} || time - asked_ > std::chrono::seconds(1))) {
        asked_ = time;
        enabled_ = ask();
    }
    return enabled_;
}

bool Audit::ask() {
    std::array<char, 8192> buffer{};
    nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = AUDIT_GET;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request->nlmsg_seq = ++sequence_;
    if (::send(socket_.get(), request, request->nlmsg_len, now) < 0) return false;
    // Acknowledgements of earlier messages may lie before the answer.
    for (;;) {
        const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), now);
        if (n <= 0) return false;
        int left = static_cast<int>(n);
        for (const nlmsghdr* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
             mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
            if (message->nlmsg_type != AUDIT_GET || message->nlmsg_seq != sequence_) continue;
            // Older kernels tell less: what is missing is nothing.
            audit_status status{};
            std::memcpy(&status, mnl_nlmsg_get_payload(message),
                        std::min(sizeof status, mnl_nlmsg_get_payload_len(message)));
            return status.enabled != 0;
        }
    }
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
