#include "netlink/forwarding.hpp"

#include "netlink/attributes.hpp"

#include <linux/netconf.h>
#include <linux/rtnetlink.h>

namespace netlink {

std::optional<ForwardingEntry> parse_forwarding(const Frame& frame) {
    if (frame.type != RTM_NEWNETCONF || !frame.header<netconfmsg>()) return std::nullopt;
    std::optional<std::int32_t> index, on;
    for_attributes(frame.attributes<netconfmsg>(), [&](const Attribute& a) {
        if (a.number == NETCONFA_IFINDEX) index = a.as<std::int32_t>();
        if (a.number == NETCONFA_FORWARDING) on = a.as<std::int32_t>();
    });
    if (!index || !on) return std::nullopt;
    return ForwardingEntry{*index, *on != 0};
}

Forwarding forwarding(Socket& socket, std::uint8_t family) {
    Message request(RTM_GETNETCONF, 0, netconfmsg{family});
    Forwarding out;
    socket.dump(
        request, {"list", "what is forwarded"}, [&] { out = {}; },
        [&](const Frame& frame) {
            const auto entry = parse_forwarding(frame);
            if (!entry) return;
            if (entry->index == NETCONFA_IFINDEX_ALL) out.all = entry->on;
            if (entry->index > 0) out.at[static_cast<std::uint32_t>(entry->index)] = entry->on;
        });
    return out;
}

}  // namespace netlink
