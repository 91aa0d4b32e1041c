// Every length is checked against what is left: a truncated answer ends the walk, nothing else.
#include "netlink/frame.hpp"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>

namespace netlink {
namespace {

template <class T>
std::optional<T> peek(Bytes bytes) {
    if (bytes.size() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

// The last element may lack its padding.
void drop(Bytes& rest, std::size_t length) {
    rest = rest.subspan(std::min(aligned(length), rest.size()));
}

struct Name {
    std::uint16_t number;
    std::string_view text;
};
constexpr std::array link_names{
    Name{IFLA_ADDRESS, "IFLA_ADDRESS"},   Name{IFLA_IFNAME, "IFLA_IFNAME"},
    Name{IFLA_MTU, "IFLA_MTU"},           Name{IFLA_MASTER, "IFLA_MASTER"},
    Name{IFLA_LINKINFO, "IFLA_LINKINFO"}, Name{IFLA_AF_SPEC, "IFLA_AF_SPEC"},
    Name{IFLA_GROUP, "IFLA_GROUP"},       Name{IFLA_NET_NS_FD, "IFLA_NET_NS_FD"},
    Name{IFLA_EXT_MASK, "IFLA_EXT_MASK"}, Name{IFLA_TARGET_NETNSID, "IFLA_TARGET_NETNSID"},
};
constexpr std::array address_names{
    Name{IFA_ADDRESS, "IFA_ADDRESS"},
    Name{IFA_LOCAL, "IFA_LOCAL"},
    Name{IFA_BROADCAST, "IFA_BROADCAST"},
    Name{IFA_PROTO, "IFA_PROTO"},
    Name{IFA_TARGET_NETNSID, "IFA_TARGET_NETNSID"},
};
constexpr std::array route_names{
    Name{RTA_DST, "RTA_DST"},
    Name{RTA_OIF, "RTA_OIF"},
    Name{RTA_GATEWAY, "RTA_GATEWAY"},
    Name{RTA_PRIORITY, "RTA_PRIORITY"},
    Name{RTA_TABLE, "RTA_TABLE"},
    Name{RTA_VIA, "RTA_VIA"},
    Name{RTA_MULTIPATH, "RTA_MULTIPATH"},
};

// The names that a message type's attributes go by, and how long its fixed part is.
struct Family {
    std::span<const Name> names;
    std::size_t header = 0;
};
Family family_of(std::uint16_t type) {
    // Types come in fours: NEW, DEL, GET, SET.
    switch (type & ~3u) {
        case RTM_NEWLINK:
            return {link_names, sizeof(ifinfomsg)};
        case RTM_NEWADDR:
            return {address_names, sizeof(ifaddrmsg)};
        case RTM_NEWROUTE:
            return {route_names, sizeof(rtmsg)};
        default:
            return {};
    }
}

}  // namespace

std::string_view Attribute::text() const {
    const auto end = std::find(payload.begin(), payload.end(), std::byte{0});
    return {reinterpret_cast<const char*>(payload.data()),
            static_cast<std::size_t>(end - payload.begin())};
}

std::optional<Attribute> next_attribute(Bytes& rest) {
    const auto head = peek<nlattr>(rest);
    if (!head || head->nla_len < sizeof(nlattr) || head->nla_len > rest.size()) return std::nullopt;
    Attribute out;
    constexpr std::uint16_t flag_bits = NLA_F_NESTED | NLA_F_NET_BYTEORDER;
    out.number = static_cast<std::uint16_t>(head->nla_type & ~flag_bits);
    out.payload = rest.subspan(sizeof(nlattr), head->nla_len - sizeof(nlattr));
    drop(rest, head->nla_len);
    return out;
}

std::optional<Frame> next_frame(Bytes& rest) {
    const auto head = peek<nlmsghdr>(rest);
    if (!head || head->nlmsg_len < sizeof(nlmsghdr) || head->nlmsg_len > rest.size())
        return std::nullopt;
    Frame out;
    out.type = head->nlmsg_type;
    out.flags = head->nlmsg_flags;
    out.sequence = head->nlmsg_seq;
    out.whole = rest.first(head->nlmsg_len);
    out.payload = out.whole.subspan(sizeof(nlmsghdr));
    drop(rest, head->nlmsg_len);
    return out;
}

std::optional<Refusal> parse_ack(const Frame& frame, Bytes request) {
    if (frame.type != NLMSG_ERROR && frame.type != NLMSG_DONE) return std::nullopt;
    const auto error = peek<std::int32_t>(frame.payload);
    if (!error) return std::nullopt;
    Refusal out;
    out.error = *error == INT32_MIN ? 0 : -*error;  // the kernel's errors are negative
    if ((frame.flags & NLM_F_ACK_TLVS) == 0) return out;

    // Behind the error stands the request's header, and unless it is capped its body too. The end
    // of a dump has the error alone.
    std::size_t skip = sizeof(std::int32_t);
    if (frame.type == NLMSG_ERROR) {
        const auto echoed = peek<nlmsghdr>(frame.payload.subspan(skip));
        if (!echoed) return out;
        skip += (frame.flags & NLM_F_CAPPED) != 0 ? sizeof(nlmsghdr) : aligned(echoed->nlmsg_len);
    }
    if (skip > frame.payload.size()) return out;
    for_attributes(frame.payload.subspan(skip), [&](const Attribute& a) {
        if (a.number == NLMSGERR_ATTR_MSG) out.text = a.text();
        if (a.number == NLMSGERR_ATTR_OFFS)
            out.attribute = attribute_at(request, a.as<std::uint32_t>().value_or(0));
    });
    return out;
}

std::string attribute_at(Bytes request, std::uint32_t offset) {
    const auto head = peek<nlmsghdr>(request);
    if (!head) return {};
    const Family family = family_of(head->nlmsg_type);
    const std::size_t start = sizeof(nlmsghdr) + aligned(family.header);
    if (family.names.empty() || request.size() < start) return {};
    Bytes rest = request.subspan(start);
    for (;;) {
        const std::size_t begin = request.size() - rest.size();
        const auto attribute = next_attribute(rest);
        if (!attribute) return {};
        if (offset < begin || offset >= request.size() - rest.size()) continue;
        for (const Name& name : family.names)
            if (name.number == attribute->number) return std::string(name.text);
        return {};
    }
}

}  // namespace netlink
