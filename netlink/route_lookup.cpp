// RTM_GETROUTE for one destination.
#include "netlink/attributes.hpp"
#include "netlink/route.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

namespace netlink {
namespace {

// RTA_VIA: an rtvia, then the address.
std::optional<Ip> ip_of_via(Bytes payload) {
    std::uint16_t family = 0;
    if (payload.size() <= sizeof family) return std::nullopt;
    std::memcpy(&family, payload.data(), sizeof family);
    return ip_from(static_cast<std::uint8_t>(family), payload.subspan(sizeof family));
}

void read_answer(const Frame& frame, Lookup& out) {
    const auto head = frame.header<rtmsg>();
    if (!head || frame.type != RTM_NEWROUTE) return;
    out.error = 0;
    out.local = head->rtm_type == RTN_LOCAL;
    for_attributes(frame.attributes<rtmsg>(), [&](const Attribute& a) {
        if (a.number == RTA_OIF) out.index = a.as<std::uint32_t>().value_or(0);
        if (a.number == RTA_GATEWAY) out.via = ip_from(head->rtm_family, a.payload);
        if (a.number == RTA_VIA) out.via = ip_of_via(a.payload);
        if (a.number == RTA_PREFSRC) out.source = ip_from(head->rtm_family, a.payload);
    });
    // IPv6 answers with the route even when it refuses.
    if (head->rtm_type == RTN_UNREACHABLE) out.error = EHOSTUNREACH;
    if (head->rtm_type == RTN_BLACKHOLE) out.error = EINVAL;
    if (head->rtm_type == RTN_PROHIBIT) out.error = EACCES;
}

}  // namespace

Lookup look_up(Socket& socket, const Ip& destination, const std::optional<Ip>& source,
               std::uint32_t in) {
    const auto bits = static_cast<std::uint8_t>(destination.view().size() * 8);
    rtmsg header{};
    header.rtm_family = destination.family;
    header.rtm_dst_len = bits;
    if (source) header.rtm_src_len = bits;
    Message request(RTM_GETROUTE, 0, header);
    request.put(rta::destination, destination.view());
    if (source) request.put(rta::source, source->view());
    if (in != 0) request.put(rta::iif, in);
    Lookup out;
    out.error = ENETUNREACH;
    const auto refusal =
        socket.query(request, [&](const Frame& frame) { read_answer(frame, out); });
    if (refusal) out.error = refusal->error;
    return out;
}

}  // namespace netlink
