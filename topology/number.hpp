// Addresses as numbers: the arithmetic of blocks, once, for IPv4 and IPv6 alike.
#pragma once

#include "topology/ip.hpp"

#include <cstdint>
#include <map>

namespace topology {

// 128 bits are no ISO C++, as -Wpedantic says, and no alias-declaration takes __extension__.
// NOLINTNEXTLINE(modernize-use-using)
__extension__ typedef unsigned __int128 Number;

Number to_number(const Ip& ip);
Ip to_ip(Family family, Number number);

// The first and the last address of a block, as numbers.
Number first_number(const Prefix& prefix);
Number last_number(const Prefix& prefix);

Prefix make_prefix(Family family, Number number, unsigned length);

// The number whose hexadecimal digits are the decimal digits of `n`: 12 → 0x12. So that LAN 12 is
// fd00:0:0:12:: beside 10.0.12.0.
Number as_digits(std::uint64_t n);
// The way back; false when there is a letter among the digits.
bool from_digits(Number digits, std::uint64_t& n);

// Blocks in use, of one family: "does this one touch any?" in logarithmic time.
class Blocks {
  public:
    void add(const Prefix& block);
    bool touches(const Prefix& block) const;

  private:
    std::map<Number, Number> ranges_;  // first → last; disjoint
};

}  // namespace topology
