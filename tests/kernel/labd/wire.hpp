// Frames that tests of the relay send themselves.
#pragma once

#include "netlink/netns.hpp"
#include "tests/kernel/labd/relayed_pair.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace test {

inline constexpr std::uint64_t ms = 1'000'000;
inline constexpr std::uint16_t experiment = 0x88b5;  // IEEE 802, for local experiments

// Frames of our own on an interface, past every protocol: no ARP comes in between.
class Wire {
  public:
    explicit Wire(int netns) {
        const netlink::Entered inside(netns);
        socket_.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
        const int one = 1, size = 16 << 20;
        (void)setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
        (void)setsockopt(socket_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
        (void)setsockopt(socket_.get(), SOL_PACKET, PACKET_AUXDATA, &one, sizeof one);
        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        // What is bound to one protocol does not see VLAN tags.
        address.sll_protocol = htons(ETH_P_ALL);
        address.sll_ifindex = static_cast<int>(if_nametoindex("eth0"));
        if (bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("bind a packet socket");
    }

    static std::string frame(std::uint32_t number, std::size_t payload = 50, int tag = -1) {
        std::string out("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02", 12);
        const auto put = [&](int value) {
            out += static_cast<char>(value >> 8);
            out += static_cast<char>(value);
        };
        if (tag >= 0) {
            put(ETHERTYPE_VLAN);
            put(tag);
        }
        put(experiment);
        out.append(reinterpret_cast<const char*>(&number), sizeof number);
        for (std::size_t i = 0; i < payload; ++i) out += static_cast<char>(number * 31 + i);
        return out;
    }
    static std::uint32_t number_of(const std::string& frame) {
        std::uint32_t out = 0;
        std::memcpy(&out, frame.data() + 14, sizeof out);
        return out;
    }

    void send(const std::string& bytes) const {
        while (::send(socket_.get(), bytes.data(), bytes.size(), 0) < 0)
            if (errno != ENOBUFS && errno != EAGAIN)
                throw std::runtime_error(std::string("send: ") + std::strerror(errno));
    }
    // The next frame of these; tag() is its VLAN then.
    std::string receive() {
        for (;;) {
            std::string frame = next();
            if (frame.size() >= 18 && frame.compare(12, 2, "\x88\xb5") == 0) return frame;
        }
    }
    int tag() const { return tag_; }

  private:
    std::string next() {
        await(socket_.get(), POLLIN, "a frame");
        std::string out(70'000, '\0');
        iovec part{out.data(), out.size()};
        alignas(cmsghdr) char control[256];
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t got = recvmsg(socket_.get(), &message, 0);
        out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        tag_ = -1;
        for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
            tpacket_auxdata auxiliary{};
            if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
            std::memcpy(&auxiliary, CMSG_DATA(c), sizeof auxiliary);
            if ((auxiliary.tp_status & TP_STATUS_VLAN_VALID) != 0) tag_ = auxiliary.tp_vlan_tci;
        }
        return out;
    }

    Fd socket_;
    int tag_ = -1;
};

inline Settings delayed(std::uint64_t ns) {
    Settings out;
    out.delay_ns = ns;
    out.limit = 100'000;
    return out;
}

class RelayTest : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root: network namespaces";
    }
};

}  // namespace test
