#include "labd/relay/carrier.hpp"

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace labd::relay {
namespace {

struct Message {
    nlmsghdr header{};
    ifinfomsg link{};
};

void send_to_kernel(int socket, Message& message) {
    message.header.nlmsg_len = sizeof message;
    (void)!send(socket, &message, sizeof message, MSG_DONTWAIT);
}

void tell(const Message& message, const Interfaces::Changed& changed) {
    const bool gone = message.header.nlmsg_type == RTM_DELLINK;
    if (!gone && message.header.nlmsg_type != RTM_NEWLINK) return;
    if (message.link.ifi_family != AF_UNSPEC) return;  // of a bridge that it is a port of
    const auto index = static_cast<std::uint32_t>(message.link.ifi_index);
    const unsigned flags = gone ? 0 : message.link.ifi_flags;
    changed(index, Seen{(flags & IFF_UP) != 0, (flags & IFF_LOWER_UP) != 0, gone});
}

}  // namespace

std::optional<Switch> mirror(const Seen& first, const Seen& second) {
    if (first.gone) return second.up ? std::optional(Switch{1, false}) : std::nullopt;
    if (second.gone) return first.up ? std::optional(Switch{0, false}) : std::nullopt;
    if (!first.up && !second.up) return Switch{0, true};
    if (first.up && second.up) {
        if (first.carrier && second.carrier) return std::nullopt;
        return first.carrier ? Switch{0, false} : Switch{1, false};
    }
    if (first.up) return first.carrier ? std::optional(Switch{1, true}) : std::nullopt;
    return second.carrier ? std::optional(Switch{0, true}) : std::nullopt;
}

void Interfaces::ask(std::uint32_t index, std::uint16_t flags) {
    Message message;
    message.header.nlmsg_type = RTM_GETLINK;
    message.header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    message.header.nlmsg_seq = ++sequence_;
    message.link.ifi_index = static_cast<int>(index);
    send_to_kernel(socket_.get(), message);
}

void Interfaces::ask(std::uint32_t index) {
    ask(index, 0);
}

void Interfaces::ask_all() {
    ask(0, NLM_F_DUMP);
}

void Interfaces::set(std::uint32_t index, bool up) {
    Message message;
    message.header.nlmsg_type = RTM_NEWLINK;
    message.header.nlmsg_flags = NLM_F_REQUEST;
    message.header.nlmsg_seq = ++sequence_;
    message.link.ifi_index = static_cast<int>(index);
    message.link.ifi_flags = up ? IFF_UP : 0;
    message.link.ifi_change = IFF_UP;
    send_to_kernel(socket_.get(), message);
}

void Interfaces::read(const Changed& changed) {
    alignas(nlmsghdr) static char room[64 * 1024];
    for (;;) {
        const ssize_t got = recv(socket_.get(), room, sizeof room, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == ENOBUFS) {
            // Some have gone by: ask how things stand.
            ask_all();
            continue;
        }
        if (got <= 0) return;
        const auto size = static_cast<std::size_t>(got);
        for (std::size_t begin = 0; begin + sizeof(nlmsghdr) <= size;) {
            nlmsghdr header{};
            std::memcpy(&header, room + begin, sizeof header);
            if (header.nlmsg_len < sizeof header || header.nlmsg_len > size - begin) break;
            if (header.nlmsg_len >= sizeof(Message)) {
                Message message;
                std::memcpy(&message, room + begin, sizeof message);
                tell(message, changed);
            }
            begin += NLMSG_ALIGN(header.nlmsg_len);
        }
    }
}

}  // namespace labd::relay
