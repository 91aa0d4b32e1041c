// See number.hpp.
#include "topology/number.hpp"

#include <algorithm>
#include <iterator>

namespace topology {

Number to_number(const Ip& ip) {
    Number number = 0;
    for (std::size_t i = 0; i < ip.size(); ++i) number = number << 8 | ip.bytes[i];
    return number;
}

Ip to_ip(Family family, Number number) {
    Ip ip;
    ip.family = family;
    for (std::size_t i = ip.size(); i-- > 0; number >>= 8)
        ip.bytes[i] = static_cast<std::uint8_t>(number & 0xff);
    return ip;
}

namespace {

Number host_mask(const Prefix& prefix) {
    const unsigned host_bits = prefix.ip.bits() - prefix.length;
    // Shifting by the full width is undefined, and a /0 of IPv6 would do just that.
    return host_bits == 128 ? ~Number{0} : (Number{1} << host_bits) - 1;
}

}  // namespace

Number first_number(const Prefix& prefix) {
    return to_number(prefix.ip) & ~host_mask(prefix);
}

Number last_number(const Prefix& prefix) {
    return to_number(prefix.ip) | host_mask(prefix);
}

Prefix make_prefix(Family family, Number number, unsigned length) {
    return Prefix{to_ip(family, number), static_cast<std::uint8_t>(length)};
}

Number as_digits(std::uint64_t n) {
    Number digits = 0;
    for (unsigned shift = 0; n != 0; n /= 10, shift += 4) digits |= Number{n % 10} << shift;
    return digits;
}

bool from_digits(Number digits, std::uint64_t& n) {
    n = 0;
    if (digits >> 64 != 0) return false;
    for (int shift = 60; shift >= 0; shift -= 4) {
        const auto digit = static_cast<unsigned>(digits >> shift & 0xf);
        if (digit > 9) return false;
        n = n * 10 + digit;
    }
    return true;
}

void Blocks::add(const Prefix& block) {
    Number first = first_number(block), last = last_number(block);
    auto next = ranges_.upper_bound(last);
    while (next != ranges_.begin()) {
        const auto range = std::prev(next);
        if (range->second < first) break;
        first = std::min(first, range->first);
        last = std::max(last, range->second);
        next = ranges_.erase(range);
    }
    ranges_.emplace(first, last);
}

bool Blocks::touches(const Prefix& block) const {
    const auto next = ranges_.upper_bound(last_number(block));
    return next != ranges_.begin() && std::prev(next)->second >= first_number(block);
}

}  // namespace topology
