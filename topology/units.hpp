// Numbers that carry a unit: times, rates, sizes, shares. A bare number is never guessed (D23).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace topology {

// nullopt: not of that shape. Decimal fractions are allowed ("0.5ms"), signs are not.
std::optional<double> parse_seconds(std::string_view text);  // ns us ms s m h
std::optional<double> parse_bits(std::string_view text);     // bit kbit mbit gbit, per second
std::optional<double> parse_bytes(std::string_view text);    // B KB MB GB, KiB MiB GiB
std::optional<double> parse_percent(std::string_view text);  // "0.1%" is 0.1

// Digits with or without a fraction, nothing else: what D23 is about.
bool is_bare_number(std::string_view text);

}  // namespace topology
