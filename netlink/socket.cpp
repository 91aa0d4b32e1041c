// The protocol, once: sequence numbers, acknowledgements, interrupted listings, lost answers.
#include "netlink/socket.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

namespace netlink {
namespace {

constexpr Intent talking{"talk to", "the kernel over netlink"};

// A dump fills at most 32 KiB however much room it is given (net/netlink/af_netlink.c).
constexpr std::size_t buffer_size = 32768;
// An acknowledgement takes about 0.8 KiB of the socket's receive buffer (208 KiB by default);
// refusals with their texts more. 64 unread ones are far from losing any.
constexpr std::size_t batch_messages = 64;
constexpr std::size_t batch_bytes = 32768;

void option(int fd, int name, const char* what) {
    const int on = 1;
    if (setsockopt(fd, SOL_NETLINK, name, &on, sizeof on) != 0) throw_errno("switch on", what);
}

}  // namespace

Socket::Socket(Protocol protocol)
    : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, static_cast<int>(protocol))),
      protocol_(protocol),
      buffer_(buffer_size) {
    if (!fd_) throw_errno("open", "a netlink socket");
    option(fd_.get(), NETLINK_EXT_ACK, "the kernel's explanations (NETLINK_EXT_ACK)");
    option(fd_.get(), NETLINK_CAP_ACK, "short acknowledgements (NETLINK_CAP_ACK)");
    // Without it the kernel ignores what a listing asks for (one protocol, another namespace).
    option(fd_.get(), NETLINK_GET_STRICT_CHK, "filtered listings (NETLINK_GET_STRICT_CHK)");
}

// Numbers of generic families are given as they come, and may be those of other messages.
Bytes Socket::known(const Message& request) const {
    return protocol_ == Protocol::route ? request.bytes() : Bytes{};
}

void Socket::send(Bytes bytes) {
    for (;;) {
        const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), 0);
        if (sent >= 0) return;  // datagrams go whole or not at all
        if (errno != EINTR) throw_errno(talking.verb, talking.subject);
    }
}

Bytes Socket::receive() {
    for (;;) {
        // MSG_TRUNC: the true length comes back even when it did not fit.
        const ssize_t got = recv(fd_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC);
        if (got < 0) {
            if (errno == EINTR) continue;
            if (errno == ENOBUFS) throw Overrun(talking, {ENOBUFS, "", ""});
            throw_errno(talking.verb, talking.subject);
        }
        if (static_cast<std::size_t>(got) > buffer_.size())
            throw Error(talking, {EMSGSIZE, "", ""});
        return Bytes(buffer_).first(static_cast<std::size_t>(got));
    }
}

std::optional<Refusal> Socket::query(Message& message,
                                     const std::function<void(const Frame&)>& each) {
    message.add_flags(NLM_F_ACK);
    message.set_sequence(++sequence_);
    send(message.bytes());
    for (;;) {
        Bytes rest = receive();
        while (const auto frame = next_frame(rest)) {
            // An answer to an older request is one that its asker gave up on by an exception.
            if (frame->sequence != sequence_) continue;
            auto ack = parse_ack(*frame, known(message));
            if (!ack) {
                each(*frame);
                continue;
            }
            if (ack->error != 0) return ack;
            return std::nullopt;
        }
    }
}

std::optional<Refusal> Socket::attempt(Message& message) {
    return query(message, [](const Frame&) {});
}

void Socket::request(Message& message, const Intent& intent) {
    if (auto refusal = attempt(message)) throw Error(intent, std::move(*refusal));
}

std::vector<Refused> Socket::batch(std::span<Message> messages) {
    std::vector<Refused> out;
    std::vector<std::byte> bytes;
    std::size_t begin = 0;
    while (begin < messages.size()) {
        std::size_t end = begin, size = 0;
        while (end < messages.size() && end - begin < batch_messages &&
               (end == begin || size + messages[end].bytes().size() <= batch_bytes))
            size += messages[end++].bytes().size();

        // Refusals always come, a yes only when asked for: the last one's answer ends the round.
        messages[end - 1].add_flags(NLM_F_ACK);
        const std::uint32_t first = sequence_ + 1;
        bytes.clear();
        for (Message& message : messages.subspan(begin, end - begin)) {
            message.set_sequence(++sequence_);
            const Bytes more = message.bytes();
            bytes.insert(bytes.end(), more.begin(), more.end());
        }
        send(bytes);
        for (bool more = true; more;) {
            Bytes rest = receive();
            while (const auto frame = next_frame(rest)) {
                if (frame->sequence - first >= end - begin) continue;
                const std::size_t index = begin + (frame->sequence - first);
                auto ack = parse_ack(*frame, known(messages[index]));
                if (!ack) continue;
                if (ack->error != 0) out.push_back({index, std::move(*ack)});
                if (index + 1 == end) more = false;
            }
        }
        begin = end;
    }
    return out;
}

void Socket::dump(Message& message, const Intent& intent, const std::function<void()>& restart,
                  const std::function<void(const Frame&)>& each) {
    message.add_flags(NLM_F_DUMP);
    for (int tries = 0; tries <= 3; ++tries) {
        restart();
        if (dump_once(message, intent, each)) return;
    }
    throw Interrupted(intent, {EAGAIN, "it kept changing while it was read", ""});
}

bool Socket::dump_once(Message& message, const Intent& intent,
                       const std::function<void(const Frame&)>& each) {
    message.set_sequence(++sequence_);
    send(message.bytes());
    bool whole = true;
    for (;;) {
        Bytes rest = receive();
        while (const auto frame = next_frame(rest)) {
            if (frame->sequence != sequence_) continue;
            // Set on any part, the end included; the rest must be read all the same.
            if ((frame->flags & NLM_F_DUMP_INTR) != 0) whole = false;
            if (auto ack = parse_ack(*frame, known(message))) {
                if (ack->error != 0) throw Error(intent, std::move(*ack));
                return whole;
            }
            if (frame->type == NLMSG_DONE) return whole;
            if (whole) each(*frame);
        }
    }
}

}  // namespace netlink
