#include "netlink/keepsake.hpp"

#include "netlink/attributes.hpp"
#include "netlink/keepsake_parts.hpp"

#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string_view>

namespace netlink {
namespace {

constexpr Intent looking{"read", "an interface"};

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

}  // namespace netlink
