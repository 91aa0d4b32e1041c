// The way back of what keepsake.cpp has kept.
#include "netlink/attributes.hpp"
#include "netlink/keepsake.hpp"
#include "netlink/keepsake_parts.hpp"
#include "netlink/move.hpp"

#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace netlink {
namespace {

constexpr Intent moving{"move", "an interface"}, giving{"give back", "an interface"};

// As they are to be added: the newest of IPv6 is listed first, the newest of IPv4 last.
std::vector<const std::vector<std::byte>*> in_order(
    const std::vector<std::vector<std::byte>>& addresses) {
    const auto is_ipv6 = [](const auto& address) {
        return header_of<ifaddrmsg>(address).ifa_family == AF_INET6;
    };
    std::vector<const std::vector<std::byte>*> out;
    for (const auto& address : addresses)
        if (!is_ipv6(address)) out.push_back(&address);
    for (auto address = addresses.rbegin(); address != addresses.rend(); ++address)
        if (is_ipv6(*address)) out.push_back(&*address);
    return out;
}

Message address_again(const std::vector<std::byte>& payload, std::uint32_t index,
                      std::uint16_t how = NLM_F_REPLACE) {
    constexpr std::uint32_t of_the_moment =
        IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_OPTIMISTIC | IFA_F_DEPRECATED | IFA_F_PERMANENT;
    auto header = header_of<ifaddrmsg>(payload);
    header.ifa_index = index;
    header.ifa_flags = 0;
    Message out(RTM_NEWADDR, NLM_F_CREATE | how, header);
    for_attributes(attributes_of<ifaddrmsg>(payload), [&](const Attribute& a) {
        if (a.number == IFA_FLAGS) {
            const std::uint32_t flags = a.as<std::uint32_t>().value_or(0) & ~of_the_moment;
            out.put_listed(a.number, std::as_bytes(std::span(&flags, 1)));
        } else {
            out.put_listed(a.number, a.payload);
        }
    });
    return out;
}

// The hops of a route with several, of which those by `from` now leave by `to`.
std::vector<std::byte> hops_again(Bytes hops, std::uint32_t from, std::uint32_t to) {
    std::vector<std::byte> out(hops.begin(), hops.end());
    for (std::size_t at = 0; at + sizeof(rtnexthop) <= out.size();) {
        rtnexthop hop{};
        std::memcpy(&hop, &out[at], sizeof hop);
        if (hop.rtnh_len < sizeof hop) break;
        if (hop.rtnh_ifindex == static_cast<int>(from)) hop.rtnh_ifindex = static_cast<int>(to);
        hop.rtnh_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
        std::memcpy(&out[at], &hop, sizeof hop);
        at += (hop.rtnh_len + 3U) & ~std::size_t{3};
    }
    return out;
}

Message route_again(const std::vector<std::byte>& payload, const Keepsake& kept,
                    std::uint32_t index, std::uint16_t how = NLM_F_REPLACE) {
    // Shown beside the number of a nexthop object, and refused there.
    constexpr std::array follows{RTA_OIF,       RTA_GATEWAY, RTA_VIA,
                                 RTA_MULTIPATH, RTA_ENCAP,   RTA_ENCAP_TYPE};
    auto header = header_of<rtmsg>(payload);
    header.rtm_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
    Message out(RTM_NEWROUTE, NLM_F_CREATE | how, header);
    const bool by_object = number_in(attributes_of<rtmsg>(payload), RTA_NH_ID) != 0;
    for_attributes(attributes_of<rtmsg>(payload), [&](const Attribute& a) {
        if (a.number == RTA_CACHEINFO) return;
        if (by_object && std::find(follows.begin(), follows.end(), a.number) != follows.end())
            return;
        if (a.number == RTA_OIF)
            out.put_listed(a.number, std::as_bytes(std::span(&index, 1)));
        else if (a.number == RTA_MULTIPATH)
            out.put_listed(a.number, hops_again(a.payload, kept.index, index));
        else
            out.put_listed(a.number, a.payload);
    });
    return out;
}

Message neighbor_again(const std::vector<std::byte>& payload, std::uint32_t index,
                       std::uint16_t how = NLM_F_REPLACE) {
    auto header = header_of<ndmsg>(payload);
    header.ndm_ifindex = static_cast<int>(index);
    Message out(RTM_NEWNEIGH, NLM_F_CREATE | how, header);
    for_attributes(attributes_of<ndmsg>(payload), [&](const Attribute& a) {
        if (a.number == NDA_DST || a.number == NDA_LLADDR || a.number == NDA_PROTOCOL ||
            a.number == NDA_VLAN || a.number == NDA_FLAGS_EXT)
            out.put_listed(a.number, a.payload);
    });
    return out;
}

bool is_group(const std::vector<std::byte>& payload) {
    bool out = false;
    for_attributes(attributes_of<nhmsg>(payload),
                   [&](const Attribute& a) { out |= a.number == NHA_GROUP; });
    return out;
}

Message nexthop_again(const std::vector<std::byte>& payload, std::uint32_t index,
                      std::uint16_t how = NLM_F_REPLACE) {
    auto header = header_of<nhmsg>(payload);
    header.nh_scope = 0;  // follows from the rest, and is refused
    header.nh_flags &= RTNH_F_ONLINK;
    Message out(RTM_NEWNEXTHOP, NLM_F_CREATE | how, header);
    for_attributes(attributes_of<nhmsg>(payload), [&](const Attribute& a) {
        if (a.number > NHA_RES_GROUP) return;  // statistics and the like
        if (a.number == NHA_OIF)
            out.put_listed(a.number, std::as_bytes(std::span(&index, 1)));
        else
            out.put_listed(a.number, a.payload);
    });
    return out;
}

Message qdisc_again(const std::vector<std::byte>& payload, std::uint32_t index) {
    auto header = header_of<tcmsg>(payload);
    header.tcm_ifindex = static_cast<int>(index);
    header.tcm_info = 0;
    Message out(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, header);
    for_attributes(attributes_of<tcmsg>(payload), [&](const Attribute& a) {
        if (a.number == TCA_KIND || a.number == TCA_OPTIONS) out.put_listed(a.number, a.payload);
    });
    return out;
}

// Who says nothing, ip-route(8), an administrator, a client of DHCP.
bool is_by_hand(std::uint8_t protocol) {
    return protocol == RTPROT_UNSPEC || protocol == RTPROT_BOOT || protocol == RTPROT_STATIC ||
           protocol == RTPROT_DHCP;
}

// Where nothing stands in its place; what else is refused is said.
void ask_for_free(Socket& socket, Message message, const char* what,
                  std::vector<std::string>& refused) {
    auto refusal = socket.attempt(message);
    if (refusal && refusal->error != EEXIST)
        refused.push_back(sentence({"give back", what}, *refusal));
}

}  // namespace

void move_back(Socket& from, std::uint32_t index, int to, const Keepsake& kept) {
    LinkChange down;
    down.up = false;
    down.master = 0;
    Message quiet = change_link(index, down);
    from.request(quiet, moving);
    Message home = move_link(index, to, kept.index);
    home.put(ifla::name, kept.name);
    auto refusal = from.attempt(home);
    if (refusal && (refusal->error == EEXIST || refusal->error == EBUSY)) {
        // Somebody has its number now: any other will do.
        Message anywhere = move_link(index, to, 0);
        anywhere.put(ifla::name, kept.name);
        refusal = from.attempt(anywhere);
    }
    if (refusal) throw Error(moving, std::move(*refusal));
}

void give_back_link(Socket& socket, std::uint32_t index, const Keepsake& kept) {
    const auto now = get_link(socket, {std::nullopt, index});
    if (!now) return;
    // Some take no change of what they have already.
    LinkChange change;
    if (now->mtu != kept.mtu) change.mtu = kept.mtu;
    if (now->mac != kept.mac) change.mac = kept.mac;
    if (now->group != kept.group) change.group = kept.group;
    Message message = change_link(index, change);
    message.put(queue_length, kept.queue_length);
    socket.request(message, giving);
}

std::vector<std::string> give_back(Socket& socket, std::uint32_t index, const Keepsake& kept) {
    std::vector<std::string> out;
    const auto ask = [&](Message message, const char* what) {
        auto refusal = socket.attempt(message);
        if (refusal) out.push_back(sentence({"give back", what}, *refusal));
    };
    if (kept.up) {
        LinkChange up;
        up.up = true;
        ask(change_link(index, up), "its state");
    }
    for (const auto* address : in_order(kept.addresses))
        ask(address_again(*address, index), "an address");
    for (const auto& nexthop : kept.nexthops) ask(nexthop_again(nexthop, index), "a nexthop");
    for (const auto& route : kept.routes) ask(route_again(route, kept, index), "a route");
    for (const auto& neighbor : kept.neighbors) ask(neighbor_again(neighbor, index), "a neighbour");
    for (const auto& qdisc : kept.qdiscs) ask(qdisc_again(qdisc, index), "a queue discipline");
    return out;
}

std::vector<std::string> give_back_addresses(Socket& socket, std::uint32_t index,
                                             const Keepsake& kept, std::uint8_t besides) {
    std::vector<std::string> out;
    for (const auto* address : in_order(kept.addresses)) {
        std::uint8_t protocol = 0;
        for_attributes(attributes_of<ifaddrmsg>(*address), [&](const Attribute& a) {
            if (a.number == IFA_PROTO) protocol = a.as<std::uint8_t>().value_or(0);
        });
        const bool of_kernel = protocol >= IFAPROT_KERNEL_LO && protocol <= IFAPROT_KERNEL_LL;
        if (of_kernel || protocol == besides) continue;
        ask_for_free(socket, address_again(*address, index, NLM_F_EXCL), "an address", out);
    }
    return out;
}

std::vector<std::string> give_back_lost(Socket& socket, std::uint32_t index, const Keepsake& kept) {
    std::vector<std::string> out;
    const auto ask = [&](Message message, const char* what) {
        ask_for_free(socket, std::move(message), what, out);
    };
    for (const auto& nexthop : kept.nexthops)
        if (is_by_hand(header_of<nhmsg>(nexthop).nh_protocol))
            // A group has lost a member, and is there.
            ask(nexthop_again(nexthop, index, is_group(nexthop) ? NLM_F_REPLACE : NLM_F_EXCL),
                "a nexthop");
    for (const auto& route : kept.routes)
        if (is_by_hand(header_of<rtmsg>(route).rtm_protocol))
            ask(route_again(route, kept, index, NLM_F_EXCL), "a route");
    for (const auto& neighbor : kept.neighbors)
        ask(neighbor_again(neighbor, index, NLM_F_EXCL), "a neighbour");
    return out;
}

}  // namespace netlink
