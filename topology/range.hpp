// "r[1-3]-[a,b]": names with ranges in them.
#pragma once

#include "topology/diagnostic.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace topology {

inline constexpr std::size_t most_ranges = 3;
inline constexpr std::size_t most_items = 10'000;

// literals[0] range[0] literals[1] range[1] … literals[n]: one literal more than ranges.
struct Pattern {
    struct Range {
        bool any = false;                // [*]: all digits-only items that exist
        std::vector<std::string> items;  // empty and not any: [1-0]
    };
    std::vector<std::string> literals;
    std::vector<Range> ranges;

    bool plain() const { return ranges.empty(); }
    bool any() const;
    bool empty() const;  // a range without items
};

struct Named {
    std::string name;
    std::vector<std::string> items;  // of each range: i, j, k
};

// Reports D27 and returns nullopt when the text is no pattern.
std::optional<Pattern> parse_pattern(const std::string& text, const Where& where,
                                     Diagnostics& diagnostics);
// The inside of one range: "1-3", "01-12", "a,b", "1,3,5-7".
std::optional<std::vector<std::string>> parse_items(std::string_view text, const Where& where,
                                                    Diagnostics& diagnostics);

// Every name, the last range varying fastest. Not for patterns with [*].
std::vector<Named> expand(const Pattern& pattern);

// The items that make `name` out of the pattern (with [*] for any digits), or nullopt.
std::optional<std::vector<std::string>> match(const Pattern& pattern, std::string_view name);

// "leaf-*" and the like: "*" for any run of bytes.
bool glob(std::string_view pattern, std::string_view name);

}  // namespace topology
