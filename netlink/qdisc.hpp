// Queue disciplines of an interface: where one stands, which there are, removal of all of them.
// What each kind is asked for and answers is in a file of its own: netem, tbf, queue.
#pragma once

#include "netlink/message.hpp"
#include "netlink/socket.hpp"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace netlink {

namespace tca {
inline constexpr Attr<TCA_KIND, std::string_view> kind;
inline constexpr Container<TCA_OPTIONS> options;
}  // namespace tca

struct QdiscAt {
    std::uint32_t index = 0;           // of the interface
    std::uint32_t parent = TC_H_ROOT;  // or a class of the discipline above
    std::uint32_t handle = 0;          // major number in the upper half
    bool operator==(const QdiscAt&) const = default;
};

struct Qdisc {
    QdiscAt at;
    std::string kind;
    std::vector<std::byte> options;  // for the parser of the kind
    std::uint32_t drops = 0, backlog_packets = 0;
};

// Makes it, puts it in the place of another one, or changes the one of that handle and kind in
// place. Options are to be put into the message.
Message put_qdisc(const QdiscAt& at, std::string_view kind);
// With everything below it; the interface gets its default back.
Message remove_qdiscs(std::uint32_t index);

std::optional<Qdisc> parse_qdisc(const Frame& frame);
// Of all interfaces of the socket's namespace.
std::vector<Qdisc> qdiscs(Socket& socket);

}  // namespace netlink
