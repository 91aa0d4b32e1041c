// What keeping and giving back share: payloads of the kernel's own messages, taken apart.
#pragma once

#include "netlink/message.hpp"

#include <linux/if_link.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace netlink {

inline constexpr Attr<IFLA_TXQLEN, std::uint32_t> queue_length;

template <class Header>
Bytes attributes_of(const std::vector<std::byte>& payload) {
    constexpr std::size_t skip = (sizeof(Header) + 3) & ~std::size_t{3};
    return payload.size() > skip ? Bytes(payload).subspan(skip) : Bytes{};
}

template <class Header>
Header header_of(const std::vector<std::byte>& payload) {
    Header out{};
    std::memcpy(&out, payload.data(), std::min(sizeof out, payload.size()));
    return out;
}

// 0 without one.
inline std::uint32_t number_in(Bytes attributes, std::uint16_t number) {
    std::uint32_t out = 0;
    for_attributes(attributes, [&](const Attribute& a) {
        if (a.number == number) out = a.as<std::uint32_t>().value_or(0);
    });
    return out;
}

}  // namespace netlink
