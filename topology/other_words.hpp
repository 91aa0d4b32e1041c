// What other tools call our keys: Compose's "command", Mininet's "bw", containerlab's "startup".
#pragma once

#include "topology/keys.hpp"

#include <string>
#include <string_view>

namespace topology {

// `did you mean "rate"? how much goes through, rate = "10mbit"`; "" for a word of no other tool.
std::string other_tools_word(std::string_view key, const KeyTable& known);

}  // namespace topology
