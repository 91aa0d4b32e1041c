// Frames as they come from offloading cards, taken apart into what a wire would see.
#include "labd/relay/packet.hpp"

#include <linux/if_ether.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace labd::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

void put16(Bytes& to, std::size_t value) {
    to.push_back(static_cast<std::uint8_t>(value >> 8));
    to.push_back(static_cast<std::uint8_t>(value));
}
void put32(Bytes& to, std::uint32_t value) {
    put16(to, value >> 16);
    put16(to, value & 0xffff);
}
std::uint32_t get(const Bytes& from, std::size_t at, std::size_t size) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < size; ++i) out = out << 8 | from.at(at + i);
    return out;
}
// One's complement, byte by byte: written apart from what is tested.
std::uint16_t checksum(const Bytes& bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}
Bytes part(const Bytes& from, std::size_t begin, std::size_t size) {
    return {from.begin() + static_cast<std::ptrdiff_t>(begin),
            from.begin() + static_cast<std::ptrdiff_t>(begin + size)};
}

struct Made {
    bool ipv6 = false, udp = false, tagged = false;
    std::size_t payload = 3000, each = 1000;
};

std::size_t network_at(const Made& m) {
    return m.tagged ? 18 : 14;
}
std::size_t transport_at(const Made& m) {
    return network_at(m) + (m.ipv6 ? 40 : 20);
}
std::size_t payload_at(const Made& m) {
    return transport_at(m) + (m.udp ? 8 : 24);
}

Bytes ethernet(const Made& m) {
    Bytes out(12, 0xaa);
    if (m.tagged) {
        put16(out, ETH_P_8021Q);
        put16(out, 42);
    }
    put16(out, m.ipv6 ? ETH_P_IPV6 : ETH_P_IP);
    const std::size_t transport = (m.udp ? 8u : 24u) + m.payload;
    if (m.ipv6) {
        put32(out, 0x60000000);
        put16(out, transport);
        out.push_back(m.udp ? 17 : 6);
        out.push_back(64);
        for (int i = 0; i < 32; ++i) out.push_back(static_cast<std::uint8_t>(i * 7));
    } else {
        put16(out, 0x4500);
        put16(out, 20 + transport);
        put16(out, 0xffff);  // identification: the next is 0
        put16(out, 0x4000);
        out.push_back(64);
        out.push_back(m.udp ? 17 : 6);
        put16(out, 0);
        for (int i = 0; i < 8; ++i) out.push_back(static_cast<std::uint8_t>(10 + i));
    }
    put16(out, 1111);
    put16(out, 2222);
    if (m.udp) {
        put16(out, transport);
        put16(out, 0);
    } else {
        put32(out, 0xfffffc00);  // sequence number: it wraps in between
        put32(out, 1);
        put16(out, 0x6000 | 0x80 | 0x18 | 0x01);  // 24 bytes; CWR, PSH, ACK, FIN
        put16(out, 500);
        put16(out, 0);
        put16(out, 0);
        put32(out, 0x01010101);
    }
    for (std::size_t i = 0; i < m.payload; ++i) out.push_back(static_cast<std::uint8_t>(i * 31));
    return out;
}

std::unique_ptr<Frame> frame_of(const Bytes& bytes, const Offload& offload) {
    auto frame = std::make_unique<Frame>();
    char* to = frame->make_room(sizeof offload + bytes.size());
    std::memcpy(to, &offload, sizeof offload);
    std::copy(bytes.begin(), bytes.end(), to + sizeof offload);
    return frame;
}
std::unique_ptr<Frame> large(const Made& m) {
    Offload offload{};
    offload.flags = needs_checksum;
    offload.gso_type = m.udp ? gso_udp : m.ipv6 ? gso_tcp6 : gso_tcp4;
    offload.gso_size = static_cast<std::uint16_t>(m.each);
    offload.csum_start = static_cast<std::uint16_t>(transport_at(m));
    offload.csum_offset = m.udp ? 6 : 16;
    return frame_of(ethernet(m), offload);
}
Bytes bytes_of(Frame& frame) {
    const auto* begin = reinterpret_cast<const std::uint8_t*>(frame.bytes()) + sizeof(Offload);
    return {begin, begin + frame.wire_size()};
}
Offload offload_of(Frame& frame) {
    Offload out{};
    std::memcpy(&out, frame.bytes(), sizeof out);
    return out;
}
std::vector<Bytes> packets_of(std::unique_ptr<Frame> frame) {
    Frames frames;
    std::vector<Bytes> out;
    for_each_packet(std::move(frame), frames, [&](std::unique_ptr<Frame> packet) {
        EXPECT_EQ(offload_of(*packet).flags, 0);
        EXPECT_EQ(offload_of(*packet).gso_type, 0);
        out.push_back(bytes_of(*packet));
    });
    return out;
}

void expect_right_checksums(const Made& m, const Bytes& packet) {
    if (!m.ipv6) {
        EXPECT_EQ(checksum(part(packet, network_at(m), 20)), 0);
    }
    const std::size_t length = packet.size() - transport_at(m);
    Bytes summed =
        m.ipv6 ? part(packet, network_at(m) + 8, 32) : part(packet, network_at(m) + 12, 8);
    put32(summed, m.udp ? 17 : 6);
    put32(summed, static_cast<std::uint32_t>(length));
    const Bytes rest = part(packet, transport_at(m), length);
    summed.insert(summed.end(), rest.begin(), rest.end());
    EXPECT_EQ(checksum(summed), 0);
}

class RelayPacket : public testing::TestWithParam<Made> {};

TEST_P(RelayPacket, is_taken_apart_as_its_sender_would_have_sent_it) {
    const Made& m = GetParam();
    const Bytes whole = ethernet(m);
    const std::vector<Bytes> packets = packets_of(large(m));
    ASSERT_EQ(packets.size(), (m.payload + m.each - 1) / m.each);
    Bytes payload;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        const Bytes& packet = packets[i];
        SCOPED_TRACE(i);
        EXPECT_EQ(part(packet, 0, network_at(m)), part(whole, 0, network_at(m)));
        expect_right_checksums(m, packet);
        const std::size_t length = packet.size() - network_at(m);
        if (m.ipv6) {
            EXPECT_EQ(get(packet, network_at(m) + 4, 2), length - 40);
        } else {
            EXPECT_EQ(get(packet, network_at(m) + 2, 2), length);
            EXPECT_EQ(get(packet, network_at(m) + 4, 2), (0xffff + i) & 0xffff);
        }
        const std::size_t at = transport_at(m);
        if (m.udp) {
            EXPECT_EQ(get(packet, at + 4, 2), packet.size() - at);
        } else {
            EXPECT_EQ(get(packet, at + 4, 4), 0xfffffc00 + static_cast<std::uint32_t>(i * m.each));
            const std::uint32_t flags = get(packet, at + 13, 1);
            const bool first = i == 0, last = i + 1 == packets.size();
            EXPECT_EQ(flags, 0x10u | (first ? 0x80u : 0u) | (last ? 0x09u : 0u));
        }
        const Bytes here = part(packet, payload_at(m), packet.size() - payload_at(m));
        payload.insert(payload.end(), here.begin(), here.end());
    }
    EXPECT_EQ(payload, part(whole, payload_at(m), m.payload));
}

INSTANTIATE_TEST_SUITE_P(Kinds, RelayPacket,
                         testing::Values(Made{}, Made{false, false, false, 2999, 1448}, Made{true},
                                         Made{true, false, true, 60000, 1428}, Made{false, true},
                                         Made{true, true}, Made{false, false, true, 100, 1000},
                                         Made{false, true, false, 1001, 100}));

TEST(RelayPackets, what_cannot_be_taken_apart_goes_on_whole) {
    Frames frames;
    const auto goes_whole = [&](std::unique_ptr<Frame> frame) {
        const Bytes before = bytes_of(*frame);
        int count = 0;
        for_each_packet(std::move(frame), frames, [&](std::unique_ptr<Frame> packet) {
            ++count;
            EXPECT_EQ(bytes_of(*packet), before);
        });
        EXPECT_EQ(count, 1);
    };
    goes_whole(frame_of(ethernet({}), Offload{}));
    auto thousands = large({});
    Offload offload = offload_of(*thousands);
    offload.gso_size = 1;
    goes_whole(frame_of(ethernet({}), offload));
    offload = offload_of(*large({}));
    offload.csum_start = 64;  // a header further in: a tunnel
    goes_whole(frame_of(ethernet({}), offload));
    offload = offload_of(*large({}));
    offload.gso_type = gso_tcp6;
    goes_whole(frame_of(ethernet({}), offload));
    Bytes bytes = ethernet({});
    bytes[transport_at({}) + 12] = 0xf0;  // a TCP header that is longer than it says it may be
    for (std::size_t size = 0; size < transport_at({}) + 60; ++size)
        goes_whole(frame_of(part(bytes, 0, size), offload_of(*large({}))));
}

TEST(RelayPackets, a_checksum_left_to_the_card_is_written) {
    Made m;
    m.payload = 333;
    Bytes bytes = ethernet(m);
    // What the sender has left there: the sum of the pseudo header, not inverted.
    Bytes pseudo = part(bytes, network_at(m) + 12, 8);
    put32(pseudo, 6);
    put32(pseudo, static_cast<std::uint32_t>(bytes.size() - transport_at(m)));
    const auto sum = static_cast<std::uint16_t>(~checksum(pseudo));
    bytes[transport_at(m) + 16] = static_cast<std::uint8_t>(sum >> 8);
    bytes[transport_at(m) + 17] = static_cast<std::uint8_t>(sum);
    Offload offload{};
    offload.flags = needs_checksum;
    offload.csum_start = static_cast<std::uint16_t>(transport_at(m));
    offload.csum_offset = 16;
    auto frame = frame_of(bytes, offload);
    complete_checksum(*frame);
    EXPECT_EQ(offload_of(*frame).flags, 0);
    Bytes out = bytes_of(*frame);
    // expect_right_checksums looks at the IPv4 header too, which the sender had made.
    const std::uint16_t header = checksum(part(out, network_at(m), 20));
    out[network_at(m) + 10] = static_cast<std::uint8_t>(header >> 8);
    out[network_at(m) + 11] = static_cast<std::uint8_t>(header);
    expect_right_checksums(m, out);
}

TEST(RelayPackets, a_checksum_outside_of_its_frame_is_left) {
    for (const std::size_t start : {0u, 60u, 65535u})
        for (const std::size_t offset : {0u, 16u, 65535u}) {
            Offload offload{};
            offload.flags = needs_checksum;
            offload.csum_start = static_cast<std::uint16_t>(start);
            offload.csum_offset = static_cast<std::uint16_t>(offset);
            auto frame = frame_of(Bytes(61, 1), offload);
            complete_checksum(*frame);
            EXPECT_EQ(frame->wire_size(), 61u);
        }
    auto nothing = std::make_unique<Frame>();
    nothing->make_room(3);
    complete_checksum(*nothing);
    Random random(1);
    corrupt(*nothing, random);
    EXPECT_EQ(nothing->size(), 3u);
}

TEST(RelayPackets, corruption_turns_one_bit_over) {
    Random random(3);
    for (int i = 0; i < 200; ++i) {
        auto frame = frame_of(Bytes(100, 0), Offload{});
        corrupt(*frame, random);
        const Bytes bytes = bytes_of(*frame);
        EXPECT_EQ(std::accumulate(bytes.begin(), bytes.end(), 0,
                                  [](int sum, std::uint8_t b) { return sum + std::popcount(b); }),
                  1);
    }
}

TEST(RelayPackets, a_vlan_tag_goes_back_into_its_frame) {
    const Made plain, tagged{false, false, true};
    Offload offload = offload_of(*large(plain));
    offload.hdr_len = 58;
    auto frame = frame_of(ethernet(plain), offload);
    insert_vlan_tag(*frame, ETH_P_8021Q, 42);
    EXPECT_EQ(bytes_of(*frame), ethernet(tagged));
    EXPECT_EQ(offload_of(*frame).csum_start, transport_at(tagged));
    EXPECT_EQ(offload_of(*frame).hdr_len, 62);
    EXPECT_EQ(offload_of(*frame).gso_size, 1000);
}

TEST(RelayPackets, a_frame_that_found_no_room_is_put_together) {
    Frame frame;
    char* to = frame.make_room(small_frame);
    std::memset(to, 'a', small_frame);
    const std::string rest(5000, 'b');
    frame.append(rest.data(), rest.size());
    EXPECT_EQ(std::string(frame.bytes(), frame.size()), std::string(small_frame, 'a') + rest);
    frame.make_room(10);
    EXPECT_EQ(frame.size(), 10u);
}

}  // namespace
}  // namespace labd::relay
