// One reader of "digits, perhaps a fraction, then a unit", and a table of units per kind.
#include "topology/units.hpp"

#include <initializer_list>
#include <utility>

namespace topology {
namespace {

using Units = std::initializer_list<std::pair<std::string_view, double>>;

// The number at the front of `text`, which is cut off. Not strtod: it obeys the locale and takes
// hexadecimal, "inf" and exponents.
std::optional<double> take_number(std::string_view& text) {
    double value = 0, scale = 1;
    std::size_t digits = 0, at = 0;
    bool fraction = false;
    for (; at < text.size() && at < 32; ++at) {
        const char c = text[at];
        if (c == '.' && !fraction && digits > 0) {
            fraction = true;
        } else if (c >= '0' && c <= '9') {
            ++digits;
            if (fraction) scale /= 10;
            value = fraction ? value + (c - '0') * scale : value * 10 + (c - '0');
        } else {
            break;
        }
    }
    if (digits == 0 || text[at - 1] == '.') return std::nullopt;
    text.remove_prefix(at);
    return value;
}

std::optional<double> parse(std::string_view text, const Units& units) {
    const std::optional<double> number = take_number(text);
    if (!number) return std::nullopt;
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    for (const auto& [unit, factor] : units)
        if (text == unit) return *number * factor;
    return std::nullopt;
}

}  // namespace

std::optional<double> parse_seconds(std::string_view text) {
    return parse(
        text,
        {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}});
}

std::optional<double> parse_bits(std::string_view text) {
    return parse(text, {{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}});
}

std::optional<double> parse_bytes(std::string_view text) {
    return parse(text, {{"B", 1},
                        {"KB", 1e3},
                        {"kB", 1e3},
                        {"MB", 1e6},
                        {"GB", 1e9},
                        {"KiB", 1024.0},
                        {"MiB", 1048576.0},
                        {"GiB", 1073741824.0}});
}

std::optional<double> parse_percent(std::string_view text) {
    return parse(text, {{"%", 1}});
}

bool is_bare_number(std::string_view text) {
    return take_number(text).has_value() && text.empty();
}

}  // namespace topology
