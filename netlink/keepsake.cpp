#include "netlink/keepsake.hpp"

#include "netlink/attributes.hpp"
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
#include <set>
#include <string_view>

namespace netlink {
namespace {

constexpr Attr<IFLA_TXQLEN, std::uint32_t> queue_length;
constexpr Intent looking{"read", "an interface"}, moving{"move", "an interface"},
    changing{"give back", "an interface"};

template <class Header>
Bytes attributes_of(const std::vector<std::byte>& payload) {
    constexpr std::size_t skip = (sizeof(Header) + 3) & ~std::size_t{3};
    return payload.size() > skip ? Bytes(payload).subspan(skip) : Bytes{};
}

template <class Header>
Header header_of(const std::vector<std::byte>& payload) {
    Header out{};
    std::memcpy(&out, payload.data(), std::min(sizeof out, payload.size()));
    return out;
}

std::vector<std::byte> copy(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

// Temporary ones come by themselves, from those that they stand in for (RFC 8981).
bool is_of_kernel(const ifaddrmsg& header, std::uint32_t flags) {
    return header.ifa_family == AF_INET6 && (flags & IFA_F_TEMPORARY) != 0;
}

bool leaves_by(Bytes attributes, std::uint32_t index) {
    bool out = false;
    for_attributes(attributes, [&](const Attribute& a) {
        if (a.number == RTA_OIF) out |= a.as<std::uint32_t>() == index;
        if (a.number != RTA_MULTIPATH) return;
        Bytes rest = a.payload;
        while (rest.size() >= sizeof(rtnexthop)) {
            rtnexthop hop{};
            std::memcpy(&hop, rest.data(), sizeof hop);
            out |= static_cast<std::uint32_t>(hop.rtnh_ifindex) == index;
            const std::size_t length = (hop.rtnh_len + 3U) & ~std::size_t{3};
            if (hop.rtnh_len < sizeof hop || length > rest.size()) break;
            rest = rest.subspan(length);
        }
    });
    return out;
}

bool has_gateway(const std::vector<std::byte>& payload) {
    bool out = false;
    for_attributes(attributes_of<rtmsg>(payload), [&](const Attribute& a) {
        out |= a.number == RTA_GATEWAY || a.number == RTA_VIA || a.number == RTA_MULTIPATH ||
               a.number == RTA_NH_ID;
    });
    return out;
}

std::uint32_t number_in(Bytes attributes, std::uint16_t number) {
    std::uint32_t out = 0;
    for_attributes(attributes, [&](const Attribute& a) {
        if (a.number == number) out = a.as<std::uint32_t>().value_or(0);
    });
    return out;
}

// Of what the kernel lists, whatever `is_kept` says yes to.
template <class Header, class IsKept>
void list_kept(Socket& socket, std::uint16_t type, const Header& header, const char* what,
               std::vector<std::vector<std::byte>>& to, const IsKept& is_kept) {
    const std::size_t before = to.size();
    Message request(type, 0, header);
    socket.dump(
        request, {"list", what}, [&] { to.resize(before); },
        [&](const Frame& frame) {
            const auto head = frame.header<Header>();
            if (head && is_kept(*head, frame.attributes<Header>()))
                to.push_back(copy(frame.payload));
        });
}

void list_neighbors(Socket& socket, Keepsake& kept) {
    const auto is_here = [&](const ndmsg& head) {
        return static_cast<std::uint32_t>(head.ndm_ifindex) == kept.index &&
               (head.ndm_flags & NTF_EXT_LEARNED) == 0;
    };
    ndmsg proxies{};
    proxies.ndm_flags = NTF_PROXY;
    list_kept(socket, RTM_GETNEIGH, ndmsg{}, "neighbours", kept.neighbors,
              [&](const ndmsg& head, Bytes) {
                  return is_here(head) && (head.ndm_state & NUD_PERMANENT) != 0;
              });
    list_kept(socket, RTM_GETNEIGH, proxies, "proxied neighbours", kept.neighbors,
              [&](const ndmsg& head, Bytes) { return is_here(head); });
}

bool has_member(Bytes attributes, const std::set<std::uint32_t>& ids) {
    bool out = false;
    for_attributes(attributes, [&](const Attribute& a) {
        if (a.number != NHA_GROUP) return;
        for (Bytes rest = a.payload; rest.size() >= sizeof(nexthop_grp);
             rest = rest.subspan(sizeof(nexthop_grp))) {
            nexthop_grp member{};
            std::memcpy(&member, rest.data(), sizeof member);
            out |= ids.contains(member.id);
        }
    });
    return out;
}

// Their numbers.
std::set<std::uint32_t> list_nexthops(Socket& socket, Keepsake& kept) try {
    std::set<std::uint32_t> ids;
    const auto note = [&](bool yes, Bytes attributes) {
        if (yes) ids.insert(number_in(attributes, NHA_ID));
        return yes;
    };
    for (const bool composed : {false, true})
        list_kept(socket, RTM_GETNEXTHOP, nhmsg{}, "nexthops", kept.nexthops,
                  [&](const nhmsg&, Bytes attributes) {
                      return note(composed ? has_member(attributes, ids)
                                           : number_in(attributes, NHA_OIF) == kept.index,
                                  attributes);
                  });
    return ids;
} catch (const Error&) {
    return {};  // a kernel before 5.3 has none
}

// Classes are not kept: what has some would not be what it was.
void list_qdiscs(Socket& socket, Keepsake& kept) {
    constexpr std::array<std::string_view, 4> classful{"htb", "hfsc", "drr", "qfq"};
    list_kept(
        socket, RTM_GETQDISC, tcmsg{}, "queue disciplines", kept.qdiscs,
        [&](const tcmsg& head, Bytes attributes) {
            if (static_cast<std::uint32_t>(head.tcm_ifindex) != kept.index || head.tcm_handle == 0)
                return false;
            bool plain = true;
            for_attributes(attributes, [&](const Attribute& a) {
                if (a.number == TCA_KIND)
                    plain = std::find(classful.begin(), classful.end(), a.text()) == classful.end();
            });
            return plain;
        });
}

void list_addresses(Socket& socket, Keepsake& kept) {
    Message request(RTM_GETADDR, 0, ifaddrmsg{});
    socket.dump(
        request, {"list", "addresses"}, [&] { kept.addresses.clear(); },
        [&](const Frame& frame) {
            const auto header = frame.header<ifaddrmsg>();
            if (!header || header->ifa_index != kept.index) return;
            std::uint32_t flags = header->ifa_flags;
            for_attributes(frame.attributes<ifaddrmsg>(), [&](const Attribute& a) {
                if (a.number == IFA_FLAGS) flags = a.as<std::uint32_t>().value_or(flags);
            });
            if (!is_of_kernel(*header, flags)) kept.addresses.push_back(copy(frame.payload));
        });
}

void list_routes(Socket& socket, Keepsake& kept, const std::set<std::uint32_t>& nexthops) {
    Message request(RTM_GETROUTE, 0, rtmsg{});
    socket.dump(
        request, {"list", "routes"}, [&] { kept.routes.clear(); },
        [&](const Frame& frame) {
            const auto header = frame.header<rtmsg>();
            if (!header || (header->rtm_flags & RTM_F_CLONED) != 0) return;
            // These come with the addresses, or with the next advertisement.
            const bool by_itself = header->rtm_protocol == RTPROT_KERNEL ||
                                   header->rtm_protocol == RTPROT_RA ||
                                   header->rtm_protocol == RTPROT_REDIRECT;
            const Bytes attributes = frame.attributes<rtmsg>();
            if (!by_itself && (leaves_by(attributes, kept.index) ||
                               nexthops.contains(number_in(attributes, RTA_NH_ID))))
                kept.routes.push_back(copy(frame.payload));
        });
    // Gateways are looked up in the routes straight to a wire.
    std::stable_partition(kept.routes.begin(), kept.routes.end(),
                          [](const auto& route) { return !has_gateway(route); });
}

Message address_again(const std::vector<std::byte>& payload, std::uint32_t index) {
    constexpr std::uint32_t of_the_moment =
        IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_OPTIMISTIC | IFA_F_DEPRECATED | IFA_F_PERMANENT;
    auto header = header_of<ifaddrmsg>(payload);
    header.ifa_index = index;
    header.ifa_flags = 0;
    Message out(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, header);
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

Message route_again(const std::vector<std::byte>& payload, std::uint32_t index,
                    std::uint16_t how = NLM_F_REPLACE) {
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

}  // namespace

Keepsake keep(Socket& socket, std::uint32_t index) {
    Keepsake out;
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index);
    Message request(RTM_GETLINK, 0, header);
    auto refusal = socket.query(request, [&](const Frame& frame) {
        const auto link = parse_link(frame);
        if (!link) return;
        out.index = link->index;
        out.name = link->name;
        out.mac = link->mac;
        out.mtu = link->mtu;
        out.group = link->group;
        out.up = link->up();
        for_attributes(frame.attributes<ifinfomsg>(), [&](const Attribute& a) {
            if (a.number == IFLA_TXQLEN) out.queue_length = a.as<std::uint32_t>().value_or(0);
        });
    });
    if (refusal) throw Error(looking, std::move(*refusal));
    list_addresses(socket, out);
    list_routes(socket, out, list_nexthops(socket, out));
    list_neighbors(socket, out);
    list_qdiscs(socket, out);
    return out;
}

bool carries_default(const Keepsake& kept) {
    return std::any_of(kept.routes.begin(), kept.routes.end(), [](const auto& payload) {
        return header_of<rtmsg>(payload).rtm_dst_len == 0;
    });
}

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
    socket.request(message, changing);
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
    // The newest of IPv6 stands first, the newest of IPv4 last.
    const auto is_ipv6 = [](const auto& address) {
        return header_of<ifaddrmsg>(address).ifa_family == AF_INET6;
    };
    for (const auto& address : kept.addresses)
        if (!is_ipv6(address)) ask(address_again(address, index), "an address");
    for (auto address = kept.addresses.rbegin(); address != kept.addresses.rend(); ++address)
        if (is_ipv6(*address)) ask(address_again(*address, index), "an address");
    for (const auto& nexthop : kept.nexthops) ask(nexthop_again(nexthop, index), "a nexthop");
    for (const auto& route : kept.routes) ask(route_again(route, index), "a route");
    for (const auto& neighbor : kept.neighbors) ask(neighbor_again(neighbor, index), "a neighbour");
    for (const auto& qdisc : kept.qdiscs) ask(qdisc_again(qdisc, index), "a queue discipline");
    return out;
}

void give_back_lost(Socket& socket, std::uint32_t index, const Keepsake& kept) {
    const auto ask = [&](Message message) { (void)socket.attempt(message); };
    for (const auto& nexthop : kept.nexthops)
        if (is_by_hand(header_of<nhmsg>(nexthop).nh_protocol))
            // A group has lost a member, and is there.
            ask(nexthop_again(nexthop, index, is_group(nexthop) ? NLM_F_REPLACE : NLM_F_EXCL));
    for (const auto& route : kept.routes)
        if (is_by_hand(header_of<rtmsg>(route).rtm_protocol))
            ask(route_again(route, index, NLM_F_EXCL));
    for (const auto& neighbor : kept.neighbors) ask(neighbor_again(neighbor, index, NLM_F_EXCL));
}

}  // namespace netlink
