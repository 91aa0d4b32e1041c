// Frames by hand: a handful of bytes each, and no protocol of the node's own is disturbed.
#include "netlink/announce.hpp"

#include "netlink/fd.hpp"
#include "netlink/netns.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace netlink {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::array<std::uint8_t, 6> broadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr std::array<std::uint8_t, 6> all_nodes_mac{0x33, 0x33, 0, 0, 0, 1};
constexpr std::array<std::uint8_t, 16> all_nodes{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

template <class Range>
void put(Octets& frame, const Range& bytes) {
    for (const auto byte : bytes) frame.push_back(static_cast<std::uint8_t>(byte));
}

void put16(Octets& frame, std::uint16_t value) {
    frame.push_back(static_cast<std::uint8_t>(value >> 8));
    frame.push_back(static_cast<std::uint8_t>(value & 0xff));
}

// RFC 1071.
std::uint16_t checksum(const Octets& bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2)
        sum += static_cast<std::uint32_t>(bytes[i]) << 8 |
               (i + 1 < bytes.size() ? bytes[i + 1] : std::uint8_t{0});
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

// Whoever says it is none is dropped from lists of default routers.
bool forwards_ipv6() {
    const Fd file(open("/proc/sys/net/ipv6/conf/all/forwarding", O_RDONLY | O_CLOEXEC));
    char first = '0';
    return file && read(file.get(), &first, 1) == 1 && first == '1';
}

}  // namespace

std::vector<std::uint8_t> gratuitous_arp(const MacAddress& mac, const Ip& address) {
    constexpr std::size_t least_frame = 60;
    const Bytes ip = address.view();
    Octets frame;
    put(frame, broadcast);
    put(frame, mac);
    put16(frame, ETH_P_ARP);
    put16(frame, 1);         // Ethernet
    put16(frame, ETH_P_IP);  // of IPv4
    frame.push_back(static_cast<std::uint8_t>(mac.size()));
    frame.push_back(static_cast<std::uint8_t>(ip.size()));
    put16(frame, 1);  // a request, as announcements are
    put(frame, mac);
    put(frame, ip);
    put(frame, MacAddress{});
    put(frame, ip);
    frame.resize(std::max(frame.size(), least_frame));
    return frame;
}

std::vector<std::uint8_t> neighbour_advertisement(const MacAddress& mac, const Ip& address,
                                                  bool router) {
    constexpr std::uint8_t icmpv6 = 58, advertisement = 136, override_flag = 0x20,
                           router_flag = 0x80, target_mac = 2;
    Octets body;
    body.push_back(advertisement);
    body.push_back(0);
    put16(body, 0);  // the checksum's place
    body.push_back(static_cast<std::uint8_t>(override_flag | (router ? router_flag : 0)));
    body.insert(body.end(), 3, 0);
    put(body, address.bytes);
    body.push_back(target_mac);
    body.push_back(1);  // in units of eight bytes
    put(body, mac);

    Octets pseudo;
    put(pseudo, address.bytes);
    put(pseudo, all_nodes);
    put16(pseudo, 0);
    put16(pseudo, static_cast<std::uint16_t>(body.size()));
    put16(pseudo, 0);
    put16(pseudo, icmpv6);
    put(pseudo, body);
    const std::uint16_t sum = checksum(pseudo);
    body[2] = static_cast<std::uint8_t>(sum >> 8);
    body[3] = static_cast<std::uint8_t>(sum & 0xff);

    Octets frame;
    put(frame, all_nodes_mac);
    put(frame, mac);
    put16(frame, ETH_P_IPV6);
    frame.push_back(0x60);  // version 6
    frame.insert(frame.end(), 3, 0);
    put16(frame, static_cast<std::uint16_t>(body.size()));
    frame.push_back(icmpv6);
    frame.push_back(255);  // hops: nobody has forwarded it
    put(frame, address.bytes);
    put(frame, all_nodes);
    put(frame, body);
    return frame;
}

void announce(int netns, std::uint32_t index, const MacAddress& mac,
              const std::vector<Ip>& addresses) {
    const Entered inside(netns);
    const Fd socket_fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_fd) throw_errno("open", "a packet socket");
    const bool router = forwards_ipv6();
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(index);
    to.sll_halen = static_cast<unsigned char>(mac.size());
    for (const Ip& address : addresses) {
        const bool ipv4 = address.family == AF_INET;
        const Octets frame =
            ipv4 ? gratuitous_arp(mac, address) : neighbour_advertisement(mac, address, router);
        to.sll_protocol = htons(ipv4 ? ETH_P_ARP : ETH_P_IPV6);
        (void)sendto(socket_fd.get(), frame.data(), frame.size(), 0,
                     reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
}

}  // namespace netlink
