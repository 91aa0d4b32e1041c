// See range.hpp. Padding follows the first number: [01-12] is two digits wide, [1-12] is not.
#include "topology/range.hpp"

#include <algorithm>

namespace topology {
namespace {

constexpr std::size_t most_digits = 9;

bool digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

unsigned long number(std::string_view text) {
    unsigned long value = 0;
    for (const char c : text) value = value * 10 + static_cast<unsigned long>(c - '0');
    return value;
}

bool item_text(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

bool letter(std::string_view text) {
    return text.size() == 1 &&
           ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
}

std::string_view before_number(std::string_view text) {
    while (!text.empty() && digits(text.substr(text.size() - 1))) text.remove_suffix(1);
    return text;
}

// "a-c" and "h1-h3" are items like "core-a", but nobody means them so.
bool meant_as_range(std::string_view low, std::string_view high) {
    const auto end = [](std::string_view text) { return digits(text) || letter(text); };
    if (end(low) && end(high)) return true;
    const std::string_view head = before_number(low);
    return head.size() < low.size() && before_number(high) == head && head.size() < high.size();
}

// Appends "5-7" or "x"; "" or what is wrong.
std::string add_part(std::string_view part, std::vector<std::string>& items, std::string& hint) {
    const std::size_t dash = part.find('-');
    const std::string_view low = part.substr(0, dash);
    const std::string_view high =
        dash == std::string_view::npos ? std::string_view() : part.substr(dash + 1);
    if (digits(low) && high.size() > 1 && high[0] == '-' && digits(high.substr(1))) {
        hint = "[1-3]; [1-0] means none";
        return "empty range " + std::string(low) + " to " + std::string(high);
    }
    if (!digits(low) || !digits(high)) {
        if (!item_text(part)) return "\"" + std::string(part) + "\" is no item of a range";
        if (meant_as_range(low, high)) {
            hint = "\"h[1-3]\", and letters one by one: \"h[a,b,c]\"";
            return "\"" + std::string(part) + "\" is no range: ranges are of numbers";
        }
        items.emplace_back(part);
        return "";
    }
    if (low.size() > most_digits || high.size() > most_digits)
        return "a range counts to 999,999,999 at most";
    const unsigned long first = number(low), last = number(high);
    if (first == last + 1) return "";  // [1-0]: a count may be 0
    if (first > last) {
        hint = "[" + std::string(high) + "-" + std::string(low) + "]; [1-0] means none";
        return "empty range " + std::string(low) + " to " + std::string(high);
    }
    if (last - first >= most_items - std::min(items.size(), most_items))
        return "a range has at most 10,000 items";
    const bool padded = low.size() > 1 && low.front() == '0';
    for (unsigned long n = first; n <= last; ++n) {
        std::string item = std::to_string(n);
        if (padded && item.size() < low.size()) item.insert(0, low.size() - item.size(), '0');
        items.push_back(std::move(item));
    }
    return "";
}

bool match_from(const Pattern& pattern, std::size_t range, std::string_view name,
                std::vector<std::string>& items) {
    const std::string& literal = pattern.literals[range];
    if (name.substr(0, literal.size()) != literal) return false;
    name.remove_prefix(literal.size());
    if (range == pattern.ranges.size()) return name.empty();
    const auto take = [&](std::string_view item) {
        items.emplace_back(item);
        if (match_from(pattern, range + 1, name.substr(item.size()), items)) return true;
        items.pop_back();
        return false;
    };
    if (pattern.ranges[range].any) {
        std::size_t run = 0;
        while (run < name.size() && name[run] >= '0' && name[run] <= '9') ++run;
        for (; run > 0; --run)
            if (take(name.substr(0, run))) return true;
        return false;
    }
    return std::any_of(
        pattern.ranges[range].items.begin(), pattern.ranges[range].items.end(),
        [&](const std::string& item) { return name.substr(0, item.size()) == item && take(item); });
}

}  // namespace

bool Pattern::any() const {
    return std::any_of(ranges.begin(), ranges.end(), [](const Range& r) { return r.any; });
}

bool Pattern::empty() const {
    return std::any_of(ranges.begin(), ranges.end(),
                       [](const Range& r) { return !r.any && r.items.empty(); });
}

std::optional<std::vector<std::string>> parse_items(std::string_view text, const Where& where,
                                                    Diagnostics& diagnostics) {
    std::vector<std::string> items;
    while (true) {
        const std::size_t comma = text.find(',');
        std::string_view part = text.substr(0, comma);
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        std::string hint = "[1-3], [01-12] or [a,b,x]";
        const std::string trouble = items.size() > most_items ? "a range has at most 10,000 items"
                                                              : add_part(part, items, hint);
        if (!trouble.empty()) {
            diagnostics.error("D27", where, trouble, hint);
            return std::nullopt;
        }
        if (comma == std::string_view::npos) return items;
        text.remove_prefix(comma + 1);
    }
}

std::optional<Pattern> parse_pattern(const std::string& text, const Where& where,
                                     Diagnostics& diagnostics) {
    Pattern pattern;
    std::string_view rest = text;
    while (true) {
        const std::size_t open = rest.find('[');
        const std::string_view literal = rest.substr(0, open);
        if (literal.find(']') != std::string_view::npos) {
            diagnostics.error("D27", where, "\"" + text + "\" has a \"]\" without \"[\"");
            return std::nullopt;
        }
        pattern.literals.emplace_back(literal);
        if (open == std::string_view::npos) break;
        const std::size_t close = rest.find(']', open);
        if (close == std::string_view::npos) {
            diagnostics.error("D27", where, "\"" + text + "\" has a \"[\" without \"]\"");
            return std::nullopt;
        }
        const std::string_view inner = rest.substr(open + 1, close - open - 1);
        Pattern::Range range;
        if (inner == "*") {
            range.any = true;
        } else {
            std::optional<std::vector<std::string>> items = parse_items(inner, where, diagnostics);
            if (!items) return std::nullopt;
            range.items = std::move(*items);
        }
        pattern.ranges.push_back(std::move(range));
        rest.remove_prefix(close + 1);
    }
    if (pattern.ranges.size() > most_ranges) {
        diagnostics.error("D27", where, "a name has at most 3 ranges");
        return std::nullopt;
    }
    std::size_t product = 1;
    for (const Pattern::Range& range : pattern.ranges)
        product *= range.any ? 1 : range.items.size();
    if (product > most_items) {
        diagnostics.error("D27", where, "\"" + text + "\" makes more than 10,000 names");
        return std::nullopt;
    }
    return pattern;
}

std::vector<Named> expand(const Pattern& pattern) {
    std::vector<Named> result{Named{pattern.literals[0], {}}};
    for (std::size_t r = 0; r < pattern.ranges.size(); ++r) {
        std::vector<Named> next;
        next.reserve(result.size() * pattern.ranges[r].items.size());
        for (const Named& head : result) {
            for (const std::string& item : pattern.ranges[r].items) {
                Named named{head.name + item + pattern.literals[r + 1], head.items};
                named.items.push_back(item);
                next.push_back(std::move(named));
            }
        }
        result = std::move(next);
    }
    return result;
}

std::optional<std::vector<std::string>> match(const Pattern& pattern, std::string_view name) {
    std::vector<std::string> items;
    if (!match_from(pattern, 0, name, items)) return std::nullopt;
    return items;
}

bool glob(std::string_view pattern, std::string_view name) {
    // The usual two-pointer walk: on a mismatch go back to the last star and let it eat one more.
    std::size_t p = 0, n = 0, star = std::string_view::npos, eaten = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            eaten = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p, ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++eaten;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

}  // namespace topology
