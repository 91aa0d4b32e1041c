// Routes are the most tangled thing the kernel lists (one hop in the header or many in a nest,
// gateways in two attributes): libnl-route decodes them, frame by frame. Its caches are not used:
// they cannot ask for one protocol, and a router with FRR holds thousands of others' routes.
#include "netlink/route.hpp"

#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include <memory>

namespace netlink {
namespace {

struct PutRoute {
    void operator()(rtnl_route* route) const { rtnl_route_put(route); }
};

std::optional<Ip> ip_of(nl_addr* address) {
    if (address == nullptr) return std::nullopt;
    const auto* bytes = static_cast<const std::byte*>(nl_addr_get_binary_addr(address));
    return ip_from(static_cast<std::uint8_t>(nl_addr_get_family(address)),
                   Bytes(bytes, nl_addr_get_len(address)));
}

// libnl 3.7 trusts the kernel where it need not: RTA_VIA is read before its length is looked at,
// and hops of odd lengths are allocated without end. Found by tests/fuzz; such routes are none.
bool well_formed(Bytes attributes);

bool well_formed_hops(Bytes hops) {
    while (!hops.empty()) {
        rtnexthop hop;
        if (hops.size() < sizeof hop) return false;
        std::memcpy(&hop, hops.data(), sizeof hop);
        if (hop.rtnh_len < sizeof hop || hop.rtnh_len > hops.size()) return false;
        if (hop.rtnh_len % 4 != 0) return false;  // attributes are padded
        if (!well_formed(hops.subspan(sizeof hop, hop.rtnh_len - sizeof hop))) return false;
        hops = hops.subspan(hop.rtnh_len);
    }
    return true;
}

bool well_formed(Bytes attributes) {
    bool whole = true;
    for_attributes(attributes, [&](const Attribute& a) {
        if (a.number == RTA_VIA) whole = whole && a.payload.size() > sizeof(rtvia);
        if (a.number == RTA_MULTIPATH) whole = whole && well_formed_hops(a.payload);
    });
    return whole;
}

Route::Hop hop_of(rtnl_nexthop* hop) {
    Route::Hop out;
    out.index = static_cast<std::uint32_t>(rtnl_route_nh_get_ifindex(hop));
    out.via = ip_of(rtnl_route_nh_get_gateway(hop));
    if (!out.via) out.via = ip_of(rtnl_route_nh_get_via(hop));
    out.onlink = (rtnl_route_nh_get_flags(hop) & RTNH_F_ONLINK) != 0;
    return out;
}

}  // namespace

std::optional<Route> parse_route(const Frame& frame) {
    const auto head = frame.header<rtmsg>();
    if (!head || (head->rtm_type != RTN_UNICAST && head->rtm_type != RTN_BLACKHOLE))
        return std::nullopt;
    if ((head->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;  // IPv6's cached ones
    if (!well_formed(frame.attributes<rtmsg>())) return std::nullopt;
    // libnl wants to be able to write to what it only reads.
    std::vector<std::byte> copy(frame.whole.begin(), frame.whole.end());
    rtnl_route* raw = nullptr;
    if (rtnl_route_parse(reinterpret_cast<nlmsghdr*>(copy.data()), &raw) < 0) return std::nullopt;
    const std::unique_ptr<rtnl_route, PutRoute> route(raw);

    Route out;
    out.destination.family = head->rtm_family;
    out.length = head->rtm_dst_len;
    // A default route has no destination, or one without bytes.
    if (out.length != 0) {
        const auto destination = ip_of(rtnl_route_get_dst(route.get()));
        if (!destination) return std::nullopt;
        out.destination = *destination;
    }
    out.metric = rtnl_route_get_priority(route.get());
    out.table = rtnl_route_get_table(route.get());
    out.protocol = rtnl_route_get_protocol(route.get());
    // IPv6 shows a blackhole as a route to lo.
    if (head->rtm_type == RTN_UNICAST)
        for (int i = 0; i < rtnl_route_get_nnexthops(route.get()); ++i)
            out.hops.push_back(hop_of(rtnl_route_nexthop_n(route.get(), i)));
    return out;
}

}  // namespace netlink
