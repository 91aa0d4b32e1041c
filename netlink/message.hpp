// A request under construction. Each attribute has its type in the tables of attributes.hpp, so
// that a number of the wrong width, or a string where the kernel wants a number, does not compile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace netlink {

using Bytes = std::span<const std::byte>;

// Attributes and messages begin at multiples of four; MNL_ALIGN is signed arithmetic.
constexpr std::size_t aligned(std::size_t length) {
    return (length + 3) & ~std::size_t{3};
}

// An attribute's number and the type of its value. Bytes: as they are; std::string_view: with the
// terminating zero that the kernel wants; everything else: a fixed-width integer or C struct.
template <std::uint16_t Number, class T>
struct Attr {
    static constexpr std::uint16_t number = Number;
};
// An attribute that holds others.
template <std::uint16_t Number>
struct Container {
    static constexpr std::uint16_t number = Number;
};

class Message {
  public:
    // `header` is the family's fixed part: ifinfomsg, ifaddrmsg, rtmsg, rtgenmsg.
    template <class Header>
    Message(std::uint16_t type, std::uint16_t flags, const Header& header)
        : Message(type, flags, std::as_bytes(std::span(&header, 1))) {}

    template <std::uint16_t Number, class T>
    void put(Attr<Number, T>, std::type_identity_t<T> value) {
        if constexpr (std::is_same_v<T, std::string_view>) {
            put_string(Number, value);
        } else if constexpr (std::is_same_v<T, Bytes>) {
            put_bytes(Number, value);
        } else {
            static_assert(std::is_trivially_copyable_v<T>);
            put_bytes(Number, std::as_bytes(std::span(&value, 1)));
        }
    }
    // Where a table says which of many attributes of one type it is.
    void put_number(std::uint16_t number, std::uint32_t value) {
        put_bytes(number, std::as_bytes(std::span(&value, 1)));
    }
    // One that the kernel has listed, as it was.
    void put_listed(std::uint16_t number, Bytes value) { put_bytes(number, value); }
    // A C structure without attribute header, as the peer of a veth begins.
    template <class T>
    void append(const T& structure) {
        append_bytes(std::as_bytes(std::span(&structure, 1)));
    }

    // A container is open as long as its Nest lives.
    class Nest {
      public:
        ~Nest();
        Nest(const Nest&) = delete;
        Nest& operator=(const Nest&) = delete;

      private:
        friend class Message;
        Nest(Message& message, std::uint16_t number);
        Message& message_;
        std::size_t start_;
    };
    template <std::uint16_t Number>
    [[nodiscard]] Nest nest(Container<Number>) {
        return Nest(*this, Number);
    }
    // One next hop of a multipath route: not an attribute, but nested alike.
    class Hop {
      public:
        ~Hop();
        Hop(const Hop&) = delete;
        Hop& operator=(const Hop&) = delete;

      private:
        friend class Message;
        Hop(Message& message, std::uint8_t flags, std::uint32_t index);
        Message& message_;
        std::size_t start_;
    };
    [[nodiscard]] Hop hop(std::uint8_t flags, std::uint32_t index) {
        return Hop(*this, flags, index);
    }

    void set_sequence(std::uint32_t sequence);
    void add_flags(std::uint16_t flags);
    Bytes bytes() const { return data_; }

  private:
    Message(std::uint16_t type, std::uint16_t flags, Bytes header);
    void put_string(std::uint16_t number, std::string_view value);
    void put_bytes(std::uint16_t number, Bytes value);
    void append_bytes(Bytes value);
    void reserve(std::size_t more);  // libmnl writes behind what is there, so there must be room
    void trim();                     // … and then the vector's end is put where libmnl says
    std::vector<std::byte> data_;
};

}  // namespace netlink
