// Attributes as in the kernel's drivers/net/wireguard/netlink.c.
#include "netlink/wireguard.hpp"

#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <span>

namespace netlink {
namespace {

namespace ctrl {
constexpr Attr<CTRL_ATTR_FAMILY_NAME, std::string_view> family_name;
}
namespace device {
constexpr Attr<WGDEVICE_A_IFINDEX, std::uint32_t> index;
constexpr Attr<WGDEVICE_A_FLAGS, std::uint32_t> flags;
constexpr Attr<WGDEVICE_A_PRIVATE_KEY, Bytes> secret;
constexpr Attr<WGDEVICE_A_LISTEN_PORT, std::uint16_t> port;
constexpr Container<WGDEVICE_A_PEERS> peers;
}  // namespace device
namespace peer {
constexpr Attr<WGPEER_A_PUBLIC_KEY, Bytes> key;
constexpr Attr<WGPEER_A_FLAGS, std::uint32_t> flags;
constexpr Attr<WGPEER_A_ENDPOINT, Bytes> endpoint;
constexpr Attr<WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, std::uint16_t> keepalive;
constexpr Container<WGPEER_A_ALLOWEDIPS> allowed;
}  // namespace peer
namespace network {
constexpr Attr<WGALLOWEDIP_A_FAMILY, std::uint16_t> family;
constexpr Attr<WGALLOWEDIP_A_IPADDR, Bytes> ip;
constexpr Attr<WGALLOWEDIP_A_CIDR_MASK, std::uint8_t> length;
}  // namespace network
constexpr Container<0> item;  // of a list: the kernel looks at no number

// An attribute, and so a list of networks, has at most 65535 bytes; one of IPv6 takes 44.
constexpr std::size_t networks_a_message = 1000;

template <class T>
Bytes bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

void put_endpoint(Message& message, const Ip& ip, std::uint16_t port) {
    if (ip.family == AF_INET) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        std::memcpy(&to.sin_addr, ip.bytes.data(), sizeof to.sin_addr);
        message.put(peer::endpoint, bytes_of(to));
        return;
    }
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(port);
    std::memcpy(&to.sin6_addr, ip.bytes.data(), sizeof to.sin6_addr);
    message.put(peer::endpoint, bytes_of(to));
}

void parse_endpoint(const Attribute& a, WireguardPeer& out) {
    const auto family = a.as<sa_family_t>();
    Ip ip;
    if (const auto to = a.as<sockaddr_in6>(); to && family == AF_INET6) {
        ip.family = AF_INET6;
        std::memcpy(ip.bytes.data(), &to->sin6_addr, sizeof to->sin6_addr);
        out.port = ntohs(to->sin6_port);
        out.address = ip;
    } else if (const auto to4 = a.as<sockaddr_in>(); to4 && family == AF_INET) {
        std::memcpy(ip.bytes.data(), &to4->sin_addr, sizeof to4->sin_addr);
        out.port = ntohs(to4->sin_port);
        out.address = ip;
    }
}

std::optional<WireguardPeer::Network> parse_network(Bytes attributes) {
    WireguardPeer::Network out;
    std::optional<std::uint16_t> family;
    Bytes ip;
    for_attributes(attributes, [&](const Attribute& a) {
        if (a.number == WGALLOWEDIP_A_FAMILY) family = a.as<std::uint16_t>();
        if (a.number == WGALLOWEDIP_A_IPADDR) ip = a.payload;
        if (a.number == WGALLOWEDIP_A_CIDR_MASK) out.length = a.as<std::uint8_t>().value_or(0);
    });
    const auto found = ip_from(static_cast<std::uint8_t>(family.value_or(0)), ip);
    if (!found) return std::nullopt;
    out.ip = *found;
    return out;
}

std::optional<WireguardKey> parse_key(const Attribute& a) {
    return a.as<WireguardKey>();
}

void parse_peer(Bytes attributes, std::vector<WireguardPeer>& out) {
    WireguardPeer read;
    for_attributes(attributes, [&](const Attribute& a) {
        if (a.number == WGPEER_A_PUBLIC_KEY) read.key = parse_key(a).value_or(WireguardKey{});
        if (a.number == WGPEER_A_ENDPOINT) parse_endpoint(a, read);
        if (a.number == WGPEER_A_LAST_HANDSHAKE_TIME)
            read.heard = a.as<std::int64_t>().value_or(0) != 0;
        if (a.number == WGPEER_A_ALLOWEDIPS)
            for_attributes(a.payload, [&](const Attribute& one) {
                if (const auto network = parse_network(one.payload))
                    read.allowed.push_back(*network);
            });
    });
    // The rest of what the part before has begun.
    if (!out.empty() && out.back().key == read.key)
        out.back().allowed.insert(out.back().allowed.end(), read.allowed.begin(),
                                  read.allowed.end());
    else
        out.push_back(std::move(read));
}

Message of_device(std::uint16_t family, std::uint32_t index, std::uint8_t command) {
    const genlmsghdr header{command, WG_GENL_VERSION, 0};
    Message out(family, 0, header);
    out.put(device::index, index);
    return out;
}

Message removal(std::uint16_t family, std::uint32_t index, const WireguardKey& key) {
    Message out = of_device(family, index, WG_CMD_SET_DEVICE);
    const auto peers = out.nest(device::peers);
    const auto one = out.nest(item);
    out.put(peer::key, Bytes(key));
    out.put(peer::flags, WGPEER_F_REMOVE_ME);
    return out;
}

void add_peer(std::uint16_t family, std::uint32_t index, const WireguardPeer& wish,
              std::vector<Message>& out) {
    std::size_t begin = 0;
    do {
        const std::size_t end = std::min(wish.allowed.size(), begin + networks_a_message);
        Message message = of_device(family, index, WG_CMD_SET_DEVICE);
        {
            const auto peers = message.nest(device::peers);
            const auto one = message.nest(item);
            message.put(peer::key, Bytes(wish.key));
            if (begin == 0) {
                message.put(peer::flags, WGPEER_F_REPLACE_ALLOWEDIPS);
                if (wish.address) put_endpoint(message, *wish.address, wish.port);
            }
            const auto allowed = message.nest(peer::allowed);
            for (std::size_t n = begin; n < end; ++n) {
                const WireguardPeer::Network& network = wish.allowed[n];
                const auto entry = message.nest(item);
                message.put(network::family, std::uint16_t{network.ip.family});
                message.put(network::ip, network.ip.view());
                message.put(network::length, network.length);
            }
        }
        out.push_back(std::move(message));
        begin = end;
    } while (begin < wish.allowed.size());
}

}  // namespace

void clamp(WireguardKey& secret) {
    secret.front() &= std::byte{248};
    secret.back() = (secret.back() & std::byte{127}) | std::byte{64};
}

std::uint16_t wireguard_family(Socket& generic) {
    const genlmsghdr header{CTRL_CMD_GETFAMILY, 1, 0};
    Message ask(GENL_ID_CTRL, 0, header);
    ask.put(ctrl::family_name, WG_GENL_NAME);
    std::uint16_t family = 0;
    auto refusal = generic.query(ask, [&](const Frame& frame) {
        for_attributes(frame.attributes<genlmsghdr>(), [&](const Attribute& a) {
            if (a.number == CTRL_ATTR_FAMILY_ID) family = a.as<std::uint16_t>().value_or(0);
        });
    });
    const Intent intent{"find", "the kernel's WireGuard"};
    if (refusal) throw Error(intent, std::move(*refusal));
    if (family == 0) throw Error(intent, {ENOENT, "", ""});
    return family;
}

std::vector<Message> change_wireguard(std::uint16_t family, std::uint32_t index,
                                      const WireguardChange& change) {
    std::vector<Message> out;
    if (change.secret || change.port || change.forget_peers) {
        Message& message = out.emplace_back(of_device(family, index, WG_CMD_SET_DEVICE));
        if (change.forget_peers) message.put(device::flags, WGDEVICE_F_REPLACE_PEERS);
        if (change.secret) message.put(device::secret, Bytes(*change.secret));
        if (change.port) message.put(device::port, *change.port);
    }
    // Before the others come: what one peer is allowed may be another's from now on.
    for (const WireguardKey& key : change.gone) out.push_back(removal(family, index, key));
    for (const WireguardPeer& wish : change.come) add_peer(family, index, wish, out);
    return out;
}

// A keepalive goes out when the interval between them becomes one; it begins with a handshake.
std::vector<Message> greet_wireguard(std::uint16_t family, std::uint32_t index,
                                     const WireguardKey& key) {
    std::vector<Message> out;
    for (const std::uint16_t seconds : {std::uint16_t{1}, std::uint16_t{0}}) {
        Message& message = out.emplace_back(of_device(family, index, WG_CMD_SET_DEVICE));
        const auto peers = message.nest(device::peers);
        const auto one = message.nest(item);
        message.put(peer::key, Bytes(key));
        message.put(peer::flags, WGPEER_F_UPDATE_ONLY);
        message.put(peer::keepalive, seconds);
    }
    return out;
}

void parse_wireguard(const Frame& frame, WireguardDevice& out) {
    for_attributes(frame.attributes<genlmsghdr>(), [&](const Attribute& a) {
        if (a.number == WGDEVICE_A_PRIVATE_KEY) out.secret = parse_key(a).value_or(WireguardKey{});
        if (a.number == WGDEVICE_A_PUBLIC_KEY) out.open = parse_key(a).value_or(WireguardKey{});
        if (a.number == WGDEVICE_A_LISTEN_PORT) out.port = a.as<std::uint16_t>().value_or(0);
        if (a.number == WGDEVICE_A_PEERS)
            for_attributes(a.payload,
                           [&](const Attribute& one) { parse_peer(one.payload, out.peers); });
    });
}

WireguardDevice wireguard(Socket& generic, std::uint16_t family, std::uint32_t index) {
    Message ask = of_device(family, index, WG_CMD_GET_DEVICE);
    WireguardDevice out;
    generic.dump(
        ask, {"look at", "a WireGuard interface"}, [&] { out = {}; },
        [&](const Frame& frame) { parse_wireguard(frame, out); });
    return out;
}

}  // namespace netlink
