#include "labd/packet_socket.hpp"

#include "labd/fail.hpp"
#include "netlink/netns.hpp"

#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace labd {
namespace {

Fd packet_socket(int type) {
    Fd out(::socket(AF_PACKET, type | SOCK_CLOEXEC, 0));
    if (!out) fail("cannot open a packet socket");
    return out;
}

}  // namespace

Tap open_tap(int netns, const std::string& interface) {
    if (interface.size() >= IFNAMSIZ)
        throw std::system_error(ENODEV, std::generic_category(), interface);
    const netlink::Entered inside(netns);
    Tap tap;
    tap.socket = packet_socket(SOCK_RAW);
    ifreq request{};
    std::memcpy(request.ifr_name, interface.data(), interface.size());
    if (::ioctl(tap.socket.get(), SIOCGIFINDEX, &request) != 0) fail(interface);
    tap.index = static_cast<std::uint32_t>(request.ifr_ifindex);
    if (::ioctl(tap.socket.get(), SIOCGIFHWADDR, &request) != 0) fail(interface);
    const unsigned short kind = request.ifr_hwaddr.sa_family;
    tap.ethernet = kind == ARPHRD_ETHER || kind == ARPHRD_LOOPBACK;
    if (kind == ARPHRD_ETHER) {
        std::array<char, 18> text{};
        const auto* bytes = reinterpret_cast<const unsigned char*>(request.ifr_hwaddr.sa_data);
        std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
                      bytes[2], bytes[3], bytes[4], bytes[5]);
        tap.mac = text.data();
    }
    if (!tap.ethernet) tap.socket = packet_socket(SOCK_DGRAM);
    return tap;
}

}  // namespace labd
