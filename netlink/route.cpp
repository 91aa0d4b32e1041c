// RTM_NEWROUTE, RTM_DELROUTE.
#include "netlink/route.hpp"

#include "netlink/attributes.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace netlink {
namespace {

// The hop's gateway in the destination's own family, or as RTA_VIA in the other (since 5.2).
void put_gateway(Message& message, const Route& route, const Route::Hop& hop) {
    if (!hop.via) return;
    if (hop.via->family == route.destination.family) {
        message.put(rta::gateway, hop.via->view());
        return;
    }
    std::vector<std::byte> via(sizeof(rtvia));
    const std::uint16_t family = hop.via->family;
    std::memcpy(via.data(), &family, sizeof family);
    const Bytes address = hop.via->view();
    via.insert(via.end(), address.begin(), address.end());
    message.put(rta::via, via);
}

std::uint8_t flags(const Route::Hop& hop) {
    return hop.onlink ? std::uint8_t{RTNH_F_ONLINK} : std::uint8_t{0};
}

Message message(std::uint16_t type, std::uint16_t request_flags, const Route& route) {
    rtmsg header{};
    header.rtm_family = route.destination.family;
    header.rtm_dst_len = route.length;
    if (route.table < 256) header.rtm_table = static_cast<unsigned char>(route.table);
    header.rtm_protocol = route.protocol;
    header.rtm_type = route.hops.empty() ? RTN_BLACKHOLE : RTN_UNICAST;
    // An IPv4 route straight to a wire has link scope, so that other routes' gateways may be
    // looked up in it; IPv6 knows no scopes here. Removal matches any.
    header.rtm_scope = RT_SCOPE_UNIVERSE;
    if (type == RTM_DELROUTE)
        header.rtm_scope = RT_SCOPE_NOWHERE;
    else if (route.hops.size() == 1 && !route.hops[0].via && route.destination.family == AF_INET)
        header.rtm_scope = RT_SCOPE_LINK;
    if (route.hops.size() == 1) header.rtm_flags = flags(route.hops[0]);

    Message out(type, request_flags, header);
    if (route.length != 0) out.put(rta::destination, route.destination.view());
    if (route.table >= 256) out.put(rta::table, route.table);
    if (route.metric != 0) out.put(rta::priority, route.metric);
    if (route.hops.size() == 1) {
        put_gateway(out, route, route.hops[0]);
        if (route.hops[0].index != 0) out.put(rta::oif, route.hops[0].index);
    } else if (route.hops.size() > 1) {
        const auto multipath = out.nest(rta::multipath);
        for (const Route::Hop& hop : route.hops) {
            const auto entry = out.hop(flags(hop), hop.index);
            put_gateway(out, route, hop);
        }
    }
    return out;
}

}  // namespace

Message add_route(const Route& route) {
    return message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route);
}

Message replace_route(const Route& route) {
    return message(RTM_NEWROUTE, NLM_F_REPLACE, route);
}

Message remove_route(const Route& route) {
    return message(RTM_DELROUTE, 0, route);
}

Message add_connected_route(const Address& address, std::uint32_t table) {
    constexpr std::uint32_t ipv6_metric = 256;  // IP6_RT_PRIO_ADDRCONF
    const bool ipv6 = address.ip.family == AF_INET6;
    rtmsg header{};
    header.rtm_family = address.ip.family;
    header.rtm_dst_len = address.length;
    header.rtm_protocol = RTPROT_KERNEL;
    header.rtm_type = RTN_UNICAST;
    header.rtm_scope = ipv6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    // Beside those of other interfaces to the same network, as the kernel adds them.
    Message out(RTM_NEWROUTE, NLM_F_CREATE | (ipv6 ? 0 : NLM_F_APPEND), header);
    out.put(rta::destination, network_of(address).view());
    out.put(rta::table, table);
    out.put(rta::oif, address.index);
    if (ipv6)
        out.put(rta::priority, ipv6_metric);
    else
        out.put(rta::preferred_source, address.ip.view());
    return out;
}

std::vector<Route> routes(Socket& socket, std::optional<std::uint8_t> protocol) {
    std::vector<Route> out;
    for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
        std::vector<Route> found;
        rtmsg header{};
        header.rtm_family = family;
        header.rtm_protocol = protocol.value_or(RTPROT_UNSPEC);
        Message request(RTM_GETROUTE, 0, header);
        socket.dump(
            request, {"list", "routes"}, [&] { found.clear(); },
            [&](const Frame& frame) {
                auto route = parse_route(frame);
                if (route && (!protocol || route->protocol == *protocol))
                    found.push_back(std::move(*route));
            });
        out.insert(out.end(), found.begin(), found.end());
    }
    return out;
}

}  // namespace netlink
