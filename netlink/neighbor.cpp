// See neighbor.hpp.
#include "netlink/neighbor.hpp"

#include "netlink/attributes.hpp"

#include <linux/neighbour.h>
#include <sys/socket.h>

#include <algorithm>

namespace netlink {

std::optional<Neighbor> parse_neighbor(const Frame& frame) {
    const auto head = frame.header<ndmsg>();
    if (!head || (head->ndm_family != AF_INET && head->ndm_family != AF_INET6)) return std::nullopt;
    Neighbor out;
    out.index = static_cast<std::uint32_t>(head->ndm_ifindex);
    out.state = head->ndm_state;
    std::optional<Ip> ip;
    for_attributes(frame.attributes<ndmsg>(), [&](const Attribute& a) {
        if (a.number == NDA_DST) ip = ip_from(head->ndm_family, a.payload);
        if (a.number != NDA_LLADDR || a.payload.size() != out.mac.emplace().size()) return;
        std::copy(a.payload.begin(), a.payload.end(), out.mac->begin());
    });
    if (!ip) return std::nullopt;
    out.ip = *ip;
    return out;
}

std::vector<Neighbor> neighbors(Socket& socket) {
    Message request(RTM_GETNEIGH, 0, ndmsg{});
    std::vector<Neighbor> out;
    socket.dump(
        request, {"list", "neighbours"}, [&] { out.clear(); },
        [&](const Frame& frame) {
            if (auto neighbor = parse_neighbor(frame)) out.push_back(*neighbor);
        });
    return out;
}

std::vector<BridgeEntry> bridge_entries(Socket& socket) {
    ndmsg header{};
    header.ndm_family = AF_BRIDGE;
    Message request(RTM_GETNEIGH, 0, header);
    std::vector<BridgeEntry> out;
    socket.dump(
        request, {"list", "forwarding entries"}, [&] { out.clear(); },
        [&](const Frame& frame) {
            const auto head = frame.header<ndmsg>();
            if (!head || head->ndm_family != AF_BRIDGE) return;
            BridgeEntry entry;
            entry.index = static_cast<std::uint32_t>(head->ndm_ifindex);
            entry.state = head->ndm_state;
            entry.flags = head->ndm_flags;
            for_attributes(frame.attributes<ndmsg>(), [&](const Attribute& a) {
                if (a.number == NDA_LLADDR && a.payload.size() == entry.mac.size())
                    std::copy(a.payload.begin(), a.payload.end(), entry.mac.begin());
            });
            out.push_back(entry);
        });
    return out;
}

}  // namespace netlink
