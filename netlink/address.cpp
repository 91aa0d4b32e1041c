// RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR.
#include "netlink/address.hpp"

#include "netlink/attributes.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace netlink {
namespace {

bool is_loopback(const Address& address) {
    if (address.ip.family == AF_INET) return address.ip.bytes[0] == std::byte{127};
    std::array<std::byte, 16> one{};  // ::1
    one.back() = std::byte{1};
    return std::ranges::equal(address.ip.view(), one);
}

ifaddrmsg header(const Address& address) {
    ifaddrmsg out{};
    out.ifa_family = address.ip.family;
    out.ifa_prefixlen = address.length;
    out.ifa_index = address.index;
    if (address.ip.family == AF_INET6 && !is_loopback(address)) out.ifa_flags = IFA_F_NODAD;
    // What the kernel would derive for IPv6; for IPv4 it believes the request. 169.254/16 would
    // differ, but is not special to the sender of a packet in a lab.
    out.ifa_scope = is_loopback(address) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
    return out;
}

}  // namespace

std::optional<Ip> ip_from(std::uint8_t family, Bytes payload) {
    Ip out;
    out.family = family;
    if (payload.size() != out.view().size()) return std::nullopt;
    std::memcpy(out.bytes.data(), payload.data(), payload.size());
    return out;
}

namespace {

Message new_address(const Address& address, std::uint16_t flags) {
    Message out(RTM_NEWADDR, flags, header(address));
    out.put(ifa::local, address.ip.view());
    out.put(ifa::address, address.ip.view());
    if (address.protocol != 0) out.put(ifa::protocol, address.protocol);
    if (address.ip.family == AF_INET && address.length < 31 && !is_loopback(address)) {
        Ip broadcast = address.ip;
        for (unsigned bit = address.length; bit < 32; ++bit)
            broadcast.bytes[bit / 8] |= std::byte{0x80} >> (bit % 8);
        out.put(ifa::broadcast, broadcast.view());
    }
    return out;
}

}  // namespace

Ip network_of(const Address& address) {
    Ip out = address.ip;
    for (std::size_t bit = address.length; bit < out.view().size() * 8; ++bit)
        out.bytes[bit / 8] &= ~(std::byte{0x80} >> (bit % 8));
    return out;
}

Message add_address(const Address& address) {
    return new_address(address, NLM_F_CREATE | NLM_F_EXCL);
}

Message replace_address(const Address& address) {
    return new_address(address, NLM_F_REPLACE);
}

Message remove_address(const Address& address) {
    Message out(RTM_DELADDR, 0, header(address));
    out.put(ifa::local, address.ip.view());
    out.put(ifa::address, address.ip.view());
    return out;
}

std::optional<Address> parse_address(const Frame& frame) {
    const auto head = frame.header<ifaddrmsg>();
    if (!head) return std::nullopt;
    Address out;
    out.index = head->ifa_index;
    out.length = head->ifa_prefixlen;
    out.flags = head->ifa_flags;
    out.scope = head->ifa_scope;
    std::optional<Ip> local, address;
    for_attributes(frame.attributes<ifaddrmsg>(), [&](const Attribute& a) {
        if (a.number == IFA_LOCAL) local = ip_from(head->ifa_family, a.payload);
        if (a.number == IFA_ADDRESS) address = ip_from(head->ifa_family, a.payload);
        if (a.number == IFA_FLAGS) out.flags = a.as<std::uint32_t>().value_or(out.flags);
        if (a.number == IFA_PROTO) out.protocol = a.as<std::uint8_t>().value_or(0);
    });
    // IPv6 has IFA_LOCAL only where there is a peer; IFA_ADDRESS is the peer then.
    if (!local) local = address;
    if (!local) return std::nullopt;
    out.ip = *local;
    return out;
}

std::vector<Address> addresses(Socket& socket, std::optional<std::int32_t> nsid) {
    Message request(RTM_GETADDR, 0, ifaddrmsg{});
    if (nsid) request.put(ifa::target_nsid, *nsid);
    std::vector<Address> out;
    socket.dump(
        request, {"list", "addresses"}, [&] { out.clear(); },
        [&](const Frame& frame) {
            if (auto address = parse_address(frame)) out.push_back(*address);
        });
    return out;
}

}  // namespace netlink
