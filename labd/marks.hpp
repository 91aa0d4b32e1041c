// By these labd knows what is its own inside a node, where programs make things too.
#pragma once

#include <cstdint>

namespace labd::marks {

// Group of every interface that labd makes: "labd" in ASCII, far from what people number by hand.
inline constexpr std::uint32_t group = 0x6c616264;
// Group of those about to be removed together.
inline constexpr std::uint32_t doomed_group = 0x6c616265;
// Group of those that lead out of a lab, to the host.
inline constexpr std::uint32_t outside_group = 0x6c616266;
// Protocol of its routes (rtm_protocol) and addresses (IFA_PROTO, since 5.18): 'l'. Neither
// iproute2 nor FRR nor BIRD uses the number; FRR takes such routes for the kernel's own.
inline constexpr std::uint8_t protocol = 0x6c;

}  // namespace labd::marks
