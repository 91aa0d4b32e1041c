// Forwarding entries for the MAC address of zeros, as bridge(8) makes them.
#include "netlink/flood.hpp"

#include "netlink/link.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

namespace netlink {
namespace {

constexpr Attr<NDA_LLADDR, Bytes> mac;
constexpr Attr<NDA_DST, Bytes> destination;

Message entry(std::uint16_t type, std::uint16_t flags, std::uint32_t index, const Ip& to) {
    ndmsg header{};
    header.ndm_family = AF_BRIDGE;
    header.ndm_ifindex = static_cast<int>(index);
    header.ndm_state = NUD_PERMANENT | NUD_NOARP;
    header.ndm_flags = NTF_SELF;
    Message out(type, flags, header);
    out.put(mac, MacAddress{});
    out.put(destination, to.view());
    return out;
}

}  // namespace

Message add_flood(std::uint32_t index, const Ip& to) {
    return entry(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_APPEND, index, to);
}

Message remove_flood(std::uint32_t index, const Ip& to) {
    return entry(RTM_DELNEIGH, 0, index, to);
}

std::map<std::uint32_t, std::vector<Ip>> floods(Socket& socket) {
    ndmsg header{};
    header.ndm_family = AF_BRIDGE;
    Message request(RTM_GETNEIGH, 0, header);
    std::map<std::uint32_t, std::vector<Ip>> out;
    socket.dump(
        request, {"list", "forwarding entries"}, [&] { out.clear(); },
        [&](const Frame& frame) {
            const auto head = frame.header<ndmsg>();
            if (!head || head->ndm_family != AF_BRIDGE) return;
            bool zeros = false;
            std::optional<Ip> to;
            for_attributes(frame.attributes<ndmsg>(), [&](const Attribute& a) {
                if (a.number == NDA_LLADDR)
                    zeros = std::all_of(a.payload.begin(), a.payload.end(),
                                        [](std::byte byte) { return byte == std::byte{0}; });
                if (a.number == NDA_DST)
                    to = ip_from(a.payload.size() == 4 ? AF_INET : AF_INET6, a.payload);
            });
            if (zeros && to) out[static_cast<std::uint32_t>(head->ndm_ifindex)].push_back(*to);
        });
    return out;
}

}  // namespace netlink
