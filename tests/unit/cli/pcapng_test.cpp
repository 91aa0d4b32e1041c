// Blocks of pcapng, byte for byte as the format has them.
#include "cli/pcapng.hpp"

#include <cstring>

#include <gtest/gtest.h>

namespace {

using namespace cli::pcapng;

std::uint32_t word(const std::string& bytes, std::size_t at) {
    std::uint32_t out = 0;
    std::memcpy(&out, bytes.data() + at, sizeof out);
    return out;
}

Packet packet_of(std::string bytes) {
    Packet out;
    out.time_ns = 0x0102030405060708;
    out.length = 1514;
    out.bytes = std::move(bytes);
    return out;
}

TEST(Pcapng, ASectionBeginsWithItsByteOrder) {
    std::string out;
    section(out, "lab", {});
    EXPECT_EQ(word(out, 0), 0x0A0D0D0AU);
    EXPECT_EQ(word(out, 4), out.size());
    EXPECT_EQ(word(out, 8), 0x1A2B3C4DU);
    EXPECT_EQ(word(out, out.size() - 4), out.size());
    EXPECT_EQ(whole_blocks(out), out.size());
}

TEST(Pcapng, AnInterfaceSaysWhatItIs) {
    Interface eth;
    eth.name = "r1:eth0";
    eth.description = "node r1";
    eth.mac = "02:00:00:00:00:ff";
    eth.filter = "icmp";
    eth.snaplen = 96;
    std::string head, out;
    section(head, "lab", {});
    section(out, "lab", {eth});
    const std::string block = out.substr(head.size());
    EXPECT_EQ(word(block, 0), 1U);
    EXPECT_EQ(word(block, 4), block.size());
    EXPECT_EQ(word(block, 8), 1U);  // Ethernet
    EXPECT_EQ(word(block, 12), 96U);
    EXPECT_NE(block.find(std::string("\x02\x00\x07\x00r1:eth0\x00", 12)), std::string::npos);
    EXPECT_NE(block.find(std::string("\x06\x00\x06\x00\x02\x00\x00\x00\x00\xff", 10)),
              std::string::npos);
    EXPECT_NE(block.find(std::string("\x09\x00\x01\x00\x09", 5)), std::string::npos);
    EXPECT_NE(block.find(std::string("\x0b\x00\x05\x00\x00icmp", 9)), std::string::npos);
    EXPECT_EQ(block.size() % 4, 0U);
}

TEST(Pcapng, APacketIsPaddedAndKnowsItsTimeAndWay) {
    for (std::size_t size = 0; size < 9; ++size) {
        Packet packet = packet_of(std::string(size, 'x'));
        packet.interface = 3;
        std::string out;
        cli::pcapng::packet(out, packet);
        EXPECT_EQ(word(out, 0), 6U);
        EXPECT_EQ(word(out, 4), out.size());
        EXPECT_EQ(out.size() % 4, 0U) << size;
        EXPECT_EQ(word(out, 8), 3U);
        EXPECT_EQ(word(out, 12), 0x01020304U);
        EXPECT_EQ(word(out, 16), 0x05060708U);
        EXPECT_EQ(word(out, 20), size);
        EXPECT_EQ(word(out, 24), 1514U);
        EXPECT_EQ(whole_blocks(out), out.size());
        packet.direction = Direction::out;
        std::string flagged;
        cli::pcapng::packet(flagged, packet);
        EXPECT_EQ(flagged.size(), out.size() + 12);
        EXPECT_EQ(word(flagged, flagged.size() - 12), 2U);  // outbound
    }
}

TEST(Pcapng, StatisticsHoldBothCounts) {
    std::string out;
    statistics(out, 1, 5, {10, 3});
    EXPECT_EQ(word(out, 0), 5U);
    EXPECT_EQ(word(out, 8), 1U);
    EXPECT_NE(out.find(std::string("\x04\x00\x08\x00\x0a\x00\x00\x00\x00\x00\x00\x00", 12)),
              std::string::npos);
    EXPECT_NE(out.find(std::string("\x05\x00\x08\x00\x03\x00\x00\x00\x00\x00\x00\x00", 12)),
              std::string::npos);
}

TEST(Pcapng, HalfABlockIsNotWhole) {
    std::string out;
    cli::pcapng::packet(out, packet_of("abcd"));
    const std::size_t one = out.size();
    cli::pcapng::packet(out, packet_of("efghij"));
    for (std::size_t cut = one; cut < out.size(); ++cut)
        EXPECT_EQ(whole_blocks(std::string_view(out).substr(0, cut)), one) << cut;
    EXPECT_EQ(whole_blocks(std::string_view(out).substr(0, one - 1)), 0U);
    EXPECT_EQ(whole_blocks(out), out.size());
    EXPECT_EQ(whole_blocks(std::string(16, '\0')), 0U);  // a length of 0 ends nothing
}

}  // namespace
