// IP addresses of interfaces: specs to requests, and what the kernel lists.
#pragma once

#include "netlink/message.hpp"
#include "netlink/socket.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace netlink {

// An address as bytes in network order; IPv4 uses the first four.
struct Ip {
    std::uint8_t family = 2;  // AF_INET or AF_INET6
    std::array<std::byte, 16> bytes{};

    Bytes view() const { return Bytes(bytes).first(family == 2 ? 4 : 16); }
    bool operator==(const Ip&) const = default;
};
// nullopt when the payload has another length than the family's addresses.
std::optional<Ip> ip_from(std::uint8_t family, Bytes payload);

struct Address {
    std::uint32_t index = 0;  // of the interface
    Ip ip;
    std::uint8_t length = 0;
    // Who set it (IFA_PROTO, since 5.18): ours are told from those of programs and of the kernel.
    std::uint8_t protocol = 0;
    std::uint32_t flags = 0;  // listed only
    std::uint8_t scope = 0;   // as the next
    bool operator==(const Address&) const = default;
};

// The address's first bits, without the host's.
Ip network_of(const Address& address);

// Without duplicate address detection: it answers at once. IPv4 networks that have a broadcast
// address get it set, as networkd and ifupdown do: programs ask for it.
Message add_address(const Address& address);
// One that is there already: its protocol becomes the one said here, and nobody notices.
Message replace_address(const Address& address);
Message remove_address(const Address& address);

// All of a namespace: of the socket's own, or of the one that it knows by `nsid`.
std::vector<Address> addresses(Socket& socket, std::optional<std::int32_t> nsid = {});

// nullopt when the frame is cut short.
std::optional<Address> parse_address(const Frame& frame);

}  // namespace netlink
