// What comes from the kernel, walked with every length checked: bytes in, views out, no copies.
#pragma once

#include "netlink/error.hpp"
#include "netlink/message.hpp"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace netlink {

struct Attribute {
    std::uint16_t number = 0;  // without the flag bits
    Bytes payload;

    // nullopt when the payload is shorter than the type.
    template <class T>
    std::optional<T> as() const {
        static_assert(std::is_trivially_copyable_v<T>);
        if (payload.size() < sizeof(T)) return std::nullopt;
        T value;
        std::memcpy(&value, payload.data(), sizeof value);
        return value;
    }
    std::string_view text() const;  // up to the first zero
};

// Takes the first attribute off `rest`. nullopt at the end and at anything malformed; then `rest`
// is empty in the first case only.
std::optional<Attribute> next_attribute(Bytes& rest);

// Calls `each` for every well-formed attribute.
template <class F>
void for_attributes(Bytes attributes, F each) {
    while (const auto attribute = next_attribute(attributes)) each(*attribute);
}

struct Frame {
    std::uint16_t type = 0, flags = 0;
    std::uint32_t sequence = 0;
    Bytes payload;
    Bytes whole;  // with the header, as libnl wants it

    // The family's fixed part and the attributes behind it; nullopt when it is cut short.
    template <class Header>
    std::optional<Header> header() const {
        static_assert(std::is_trivially_copyable_v<Header>);
        if (payload.size() < sizeof(Header)) return std::nullopt;
        Header value;
        std::memcpy(&value, payload.data(), sizeof value);
        return value;
    }
    template <class Header>
    Bytes attributes() const {
        constexpr std::size_t skip = (sizeof(Header) + 3) & ~std::size_t{3};
        return payload.size() > skip ? payload.subspan(skip) : Bytes{};
    }
};

// Takes the first frame off `rest`; as next_attribute.
std::optional<Frame> next_frame(Bytes& rest);

// The kernel's yes (error 0) or no. `request` is what was sent: the kernel names the attribute it
// dislikes by its offset in there. nullopt when the frame is no acknowledgement or cut short.
std::optional<Refusal> parse_ack(const Frame& frame, Bytes request);

// "IFLA_MTU" for the attribute at `offset` of a request; "" when there is none or it has no name.
std::string attribute_at(Bytes request, std::uint32_t offset);

}  // namespace netlink
