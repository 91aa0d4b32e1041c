// Telling the neighbours: an address that has come to another MAC is found at once, and not when
// their caches have doubts.
#pragma once

#include "netlink/address.hpp"
#include "netlink/link.hpp"

#include <cstdint>
#include <vector>

namespace netlink {

// Gratuitous ARP (RFC 5227 §3) for IPv4 and unsolicited neighbour advertisements (RFC 4861 §7.2.6)
// for IPv6, out of the interface `index` of `netns`. The kernel does it only with arp_notify and
// ndisc_notify, and not for every case. Throws Error when the socket cannot be opened; a frame that
// the interface does not take is lost, as any frame may be.
void announce(int netns, std::uint32_t index, const MacAddress& mac,
              const std::vector<Ip>& addresses);

// The frames themselves, for tests.
std::vector<std::uint8_t> gratuitous_arp(const MacAddress& mac, const Ip& address);
std::vector<std::uint8_t> neighbour_advertisement(const MacAddress& mac, const Ip& address,
                                                  bool router);

}  // namespace netlink
