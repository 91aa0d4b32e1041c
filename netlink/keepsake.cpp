#include "netlink/keepsake.hpp"

#include "netlink/attributes.hpp"
#include "netlink/move.hpp"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

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
        out |= a.number == RTA_GATEWAY || a.number == RTA_VIA || a.number == RTA_MULTIPATH;
    });
    return out;
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

void list_routes(Socket& socket, Keepsake& kept) {
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
            if (!by_itself && leaves_by(frame.attributes<rtmsg>(), kept.index))
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

Message route_again(const std::vector<std::byte>& payload, std::uint32_t index) {
    auto header = header_of<rtmsg>(payload);
    header.rtm_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
    Message out(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, header);
    for_attributes(attributes_of<rtmsg>(payload), [&](const Attribute& a) {
        if (a.number == RTA_CACHEINFO) return;
        if (a.number == RTA_OIF)
            out.put_listed(a.number, std::as_bytes(std::span(&index, 1)));
        else
            out.put_listed(a.number, a.payload);
    });
    return out;
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
    list_routes(socket, out);
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
    for (const auto& route : kept.routes) ask(route_again(route, index), "a route");
    return out;
}

}  // namespace netlink
