// What JSON can hold as it is: Boost's serializer does not check.
#pragma once

#include <string>
#include <string_view>

namespace labd {

// Well-formed UTF-8 (RFC 3629) without NUL.
bool is_utf8(std::string_view bytes);
// As it is when well-formed, else with U+FFFD for each byte that is not: JSON allows nothing else.
std::string to_utf8(std::string_view bytes);

// What somebody who is root in a node may have called his things, for terminals as well: with a
// question mark for each control character, and for each byte that is no UTF-8.
std::string printable(std::string_view bytes);

}  // namespace labd
