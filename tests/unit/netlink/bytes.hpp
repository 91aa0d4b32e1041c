// Messages laid out by hand, byte for byte, as the kernel would.
#pragma once

#include "netlink/frame.hpp"
#include "netlink/message.hpp"

#include <linux/netlink.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace test {

class Bytes {
  public:
    template <class T>
    Bytes& add(const T& value) {
        const auto* begin = reinterpret_cast<const std::byte*>(&value);
        data_.insert(data_.end(), begin, begin + sizeof value);
        return *this;
    }
    Bytes& add(std::string_view text) {
        for (const char c : text) data_.push_back(static_cast<std::byte>(c));
        return *this;
    }
    Bytes& add(const Bytes& other) {
        data_.insert(data_.end(), other.data_.begin(), other.data_.end());
        return *this;
    }
    Bytes& pad() {
        while (data_.size() % 4 != 0) data_.push_back(std::byte{0});
        return *this;
    }
    netlink::Bytes view() const { return data_; }
    std::size_t size() const { return data_.size(); }
    Bytes first(std::size_t count) const {
        Bytes out;
        out.data_.assign(data_.begin(), data_.begin() + static_cast<std::ptrdiff_t>(count));
        return out;
    }

  private:
    std::vector<std::byte> data_;
};

inline Bytes attribute(std::uint16_t number, const Bytes& payload) {
    nlattr head{};
    head.nla_len = static_cast<std::uint16_t>(sizeof head + payload.size());
    head.nla_type = number;
    return Bytes().add(head).add(payload).pad();
}
template <class T>
Bytes attribute(std::uint16_t number, const T& value) {
    return attribute(number, Bytes().add(value));
}
inline Bytes text_attribute(std::uint16_t number, const std::string& text) {
    return attribute(number, Bytes().add(std::string_view(text.c_str(), text.size() + 1)));
}

inline Bytes frame(std::uint16_t type, std::uint16_t flags, const Bytes& payload) {
    nlmsghdr head{};
    head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + payload.size());
    head.nlmsg_type = type;
    head.nlmsg_flags = flags;
    head.nlmsg_seq = 7;
    return Bytes().add(head).add(payload);
}

inline std::string hex(netlink::Bytes bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i != 0) out += i % 16 == 0 ? '\n' : ' ';
        out += digits[std::to_integer<unsigned>(bytes[i]) >> 4];
        out += digits[std::to_integer<unsigned>(bytes[i]) & 15];
    }
    return out;
}

// What a parser makes of the first frame; nothing when there is none.
template <class Parse>
auto parsed(const Bytes& bytes, Parse parse) {
    netlink::Bytes rest = bytes.view();
    const auto frame = netlink::next_frame(rest);
    return frame ? parse(*frame) : decltype(parse(*frame)){};
}

}  // namespace test
