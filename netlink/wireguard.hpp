// WireGuard interfaces: their key, port and peers, told and read over generic netlink.
#pragma once

#include "netlink/address.hpp"
#include "netlink/message.hpp"
#include "netlink/socket.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace netlink {

using WireguardKey = std::array<std::byte, 32>;

// As the kernel changes a private key before it uses it (RFC 7748, section 5), so that the one that
// it shows is the one that it was told.
void clamp(WireguardKey& secret);

struct WireguardPeer {
    WireguardKey key{};  // its public one
    std::optional<Ip> address;
    std::uint16_t port = 0;
    struct Network {
        Ip ip;
        std::uint8_t length = 0;
        bool operator==(const Network&) const = default;
    };
    std::vector<Network> allowed;
    // It has proved who it is: then its address is where it was heard from last. Listed only.
    bool heard = false;
    bool operator==(const WireguardPeer&) const = default;
};

struct WireguardDevice {
    WireguardKey secret{}, open{};
    std::uint16_t port = 0;
    std::vector<WireguardPeer> peers;
    bool operator==(const WireguardDevice&) const = default;
};

struct WireguardChange {
    std::optional<WireguardKey> secret;
    std::optional<std::uint16_t> port;
    bool forget_peers = false;        // all that are not put
    std::vector<WireguardKey> gone;   // peers
    std::vector<WireguardPeer> come;  // as they are here, whatever they were
};

// The number of the kernel's family "wireguard", through a generic socket. It is there as soon as
// there is an interface.
std::uint16_t wireguard_family(Socket& generic);
// In pieces that fit: what they say takes effect in their order.
std::vector<Message> change_wireguard(std::uint16_t family, std::uint32_t index,
                                      const WireguardChange& change);
// Lets the interface speak to a peer at once: to one that knew it in a former life it is silent
// until it does, for the peer's session is of that life.
std::vector<Message> greet_wireguard(std::uint16_t family, std::uint32_t index,
                                     const WireguardKey& key);
WireguardDevice wireguard(Socket& generic, std::uint16_t family, std::uint32_t index);

// A part of a listing: peers come one after the other, and what one of them is allowed may be
// spread over several parts.
void parse_wireguard(const Frame& frame, WireguardDevice& out);

}  // namespace netlink
