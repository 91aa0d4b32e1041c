#include "labd/relay/packet.hpp"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

namespace labd::relay {
namespace {

constexpr std::size_t header = sizeof(Offload);
constexpr std::size_t mac_addresses = 2 * ETH_ALEN;
// Less than any sender cuts a stream into: it would be thousands of packets out of one frame.
constexpr std::size_t least_each = 32;

Offload offload_of(Frame& frame) {
    Offload out{};
    if (frame.size() >= header) std::memcpy(&out, frame.bytes(), header);
    return out;
}
void set_offload(Frame& frame, const Offload& offload) {
    std::memcpy(frame.bytes(), &offload, header);
}

// All numbers of a packet are big endian.
std::uint8_t* at(Frame& frame, std::size_t offset) {
    return reinterpret_cast<std::uint8_t*>(frame.bytes()) + header + offset;
}
std::uint16_t get16(Frame& frame, std::size_t offset) {
    const std::uint8_t* p = at(frame, offset);
    return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}
std::uint32_t get32(Frame& frame, std::size_t offset) {
    return std::uint32_t{get16(frame, offset)} << 16 | get16(frame, offset + 2);
}
void put16(Frame& frame, std::size_t offset, std::uint32_t value) {
    std::uint8_t* p = at(frame, offset);
    p[0] = static_cast<std::uint8_t>(value >> 8);
    p[1] = static_cast<std::uint8_t>(value);
}
void put32(Frame& frame, std::size_t offset, std::uint32_t value) {
    put16(frame, offset, value >> 16);
    put16(frame, offset + 2, value);
}

// The Internet checksum (RFC 1071): sums may be added and folded in any order.
std::uint64_t sum_of(const std::uint8_t* bytes, std::size_t size) {
    std::uint64_t sum = 0;
    for (; size >= 4; bytes += 4, size -= 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, bytes, sizeof word);
        sum += word;
    }
    std::array<std::uint8_t, 4> rest{};
    std::memcpy(rest.data(), bytes, size);
    std::uint32_t word = 0;
    std::memcpy(&word, rest.data(), sizeof word);
    return sum + word;
}
std::uint16_t folded(std::uint64_t sum) {
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    const auto host = static_cast<std::uint16_t>(~sum);
    if constexpr (std::endian::native == std::endian::little)
        return static_cast<std::uint16_t>(host >> 8 | host << 8);
    return host;
}

// Where the parts of a TCP or UDP frame begin.
struct Layout {
    bool ipv6 = false;
    std::uint8_t protocol = 0;
    std::size_t network = 0, transport = 0, payload = 0;
};

std::optional<Layout> layout_of(Frame& frame, const Offload& offload) {
    const std::size_t size = frame.wire_size();
    Layout out;
    out.network = mac_addresses;
    std::uint16_t type = 0;
    for (;;) {
        if (size < out.network + 2) return std::nullopt;
        type = get16(frame, out.network);
        out.network += 2;
        if (type != ETH_P_8021Q && type != ETH_P_8021AD) break;
        out.network += 2;
    }
    out.transport = offload.csum_start;
    out.ipv6 = type == ETH_P_IPV6;
    if (type == ETH_P_IP) {
        if (size < out.network + 20) return std::nullopt;
        out.protocol = *at(frame, out.network + 9);
        if (out.network + (*at(frame, out.network) & 0xf) * 4u != out.transport)
            return std::nullopt;  // a tunnel: what is in it is not ours to take apart
    } else if (out.ipv6) {
        if (size < out.network + 40) return std::nullopt;
        out.protocol = *at(frame, out.network + 6);
        if (out.network + 40 != out.transport) return std::nullopt;
    } else {
        return std::nullopt;
    }
    const auto kind = static_cast<std::uint8_t>(offload.gso_type & ~unsigned{gso_ecn});
    const bool tcp = out.protocol == IPPROTO_TCP && kind == (out.ipv6 ? gso_tcp6 : gso_tcp4);
    const bool udp = out.protocol == IPPROTO_UDP && kind == gso_udp;
    if (!tcp && !udp) return std::nullopt;
    if (size < out.transport + (tcp ? 20 : 8)) return std::nullopt;
    const std::size_t length = tcp ? (*at(frame, out.transport + 12) >> 4) * 4u : 8u;
    out.payload = out.transport + length;
    if (length < 8 || size <= out.payload) return std::nullopt;
    return out;
}

void write_transport_checksum(Frame& frame, const Layout& layout) {
    const std::size_t length = frame.wire_size() - layout.transport;
    const std::size_t where = layout.transport + (layout.protocol == IPPROTO_TCP ? 16 : 6);
    put16(frame, where, 0);
    // Of the pseudo header: both addresses, protocol and length (RFC 9293, RFC 8200).
    std::array<std::uint8_t, 8> tail{};
    tail[3] = layout.protocol;
    tail[6] = static_cast<std::uint8_t>(length >> 8);
    tail[7] = static_cast<std::uint8_t>(length);
    const std::size_t addresses = layout.network + (layout.ipv6 ? 8 : 12);
    const std::uint16_t sum = folded(sum_of(tail.data(), tail.size()) +
                                     sum_of(at(frame, addresses), layout.ipv6 ? 32 : 8) +
                                     sum_of(at(frame, layout.transport), length));
    // 0 means that there is none (RFC 768).
    put16(frame, where, sum == 0 && layout.protocol == IPPROTO_UDP ? 0xffffu : sum);
}

void write_network_header(Frame& frame, const Layout& layout, std::uint32_t number) {
    const std::size_t length = frame.wire_size() - layout.network;
    if (layout.ipv6)
        return put16(frame, layout.network + 4, static_cast<std::uint32_t>(length - 40));
    put16(frame, layout.network + 2, static_cast<std::uint32_t>(length));
    put16(frame, layout.network + 4, get16(frame, layout.network + 4) + number);
    put16(frame, layout.network + 10, 0);
    put16(frame, layout.network + 10,
          folded(sum_of(at(frame, layout.network), layout.transport - layout.network)));
}

// Every packet but the last speaks for a part of the bytes only.
void write_tcp(Frame& frame, const Layout& layout, std::uint32_t offset, bool first, bool last) {
    constexpr std::uint8_t fin = 0x01, push = 0x08, window_reduced = 0x80;
    put32(frame, layout.transport + 4, get32(frame, layout.transport + 4) + offset);
    std::uint8_t& flags = *at(frame, layout.transport + 13);
    if (!last) flags &= static_cast<std::uint8_t>(~(fin | push));
    if (!first) flags &= static_cast<std::uint8_t>(~window_reduced);
}

}  // namespace

void insert_vlan_tag(Frame& frame, std::uint16_t protocol, std::uint16_t control) {
    if (frame.wire_size() < mac_addresses) return;
    Offload offload = offload_of(frame);
    frame.grow_in_front(vlan_tag);
    std::memmove(frame.bytes(), frame.bytes() + vlan_tag, header + mac_addresses);
    put16(frame, mac_addresses, protocol);
    put16(frame, mac_addresses + 2, control);
    const auto moved = [](std::uint16_t value) {
        return static_cast<std::uint16_t>(value + vlan_tag);
    };
    if ((offload.flags & needs_checksum) != 0) offload.csum_start = moved(offload.csum_start);
    if (offload.hdr_len != 0) offload.hdr_len = moved(offload.hdr_len);
    set_offload(frame, offload);
}

void complete_checksum(Frame& frame) {
    Offload offload = offload_of(frame);
    if ((offload.flags & needs_checksum) == 0) return;
    const std::size_t start = offload.csum_start, where = start + offload.csum_offset;
    if (where + 2 > frame.wire_size()) return;
    // The field holds the sum of the pseudo header, as if it were part of what is summed.
    const std::uint16_t sum = folded(sum_of(at(frame, start), frame.wire_size() - start));
    put16(frame, where, sum == 0 ? 0xffffu : sum);
    offload.flags = 0;
    offload.csum_start = offload.csum_offset = 0;
    set_offload(frame, offload);
}

void corrupt(Frame& frame, Random& random) {
    if (frame.wire_size() == 0) return;
    complete_checksum(frame);
    const std::uint64_t bit = random.below(frame.wire_size() * 8);
    *at(frame, bit / 8) ^= static_cast<std::uint8_t>(1u << bit % 8);
}

void for_each_packet(std::unique_ptr<Frame> frame, Frames& frames,
                     const std::function<void(std::unique_ptr<Frame>)>& packet) {
    const Offload offload = offload_of(*frame);
    const std::size_t each = offload.gso_size;
    const std::optional<Layout> layout = offload.gso_type == gso_none || each < least_each
                                             ? std::nullopt
                                             : layout_of(*frame, offload);
    if (!layout) return packet(std::move(frame));
    const std::size_t headers = header + layout->payload;
    const std::size_t total = frame->wire_size() - layout->payload;
    std::uint32_t number = 0;
    for (std::size_t offset = 0; offset < total; offset += each, ++number) {
        const std::size_t part = std::min(each, total - offset);
        std::unique_ptr<Frame> one = frames.take();
        char* to = one->make_room(headers + part);
        std::memcpy(to, frame->bytes(), headers);
        std::memcpy(to + headers, frame->bytes() + headers + offset, part);
        set_offload(*one, {});
        write_network_header(*one, *layout, number);
        if (layout->protocol == IPPROTO_TCP)
            write_tcp(*one, *layout, static_cast<std::uint32_t>(offset), offset == 0,
                      offset + part == total);
        else
            put16(*one, layout->transport + 4, static_cast<std::uint32_t>(part + 8));
        write_transport_checksum(*one, *layout);
        packet(std::move(one));
    }
    frames.give_back(std::move(frame));
}

}  // namespace labd::relay
