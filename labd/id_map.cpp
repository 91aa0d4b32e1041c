#include "labd/id_map.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace labd {
namespace {

bool number(std::string_view text, std::uint32_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

IdMap parse_id_map(std::string_view text) {
    IdMap map;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        IdExtent e;
        if (words >> e.first >> e.outer >> e.count) map.push_back(e);
    }
    return map;
}

std::string to_text(const IdMap& map) {
    std::string text;
    for (const IdExtent& e : map)
        text += std::to_string(e.first) + " " + std::to_string(e.outer) + " " +
                std::to_string(e.count) + "\n";
    return text;
}

std::vector<std::string> to_words(const IdMap& map) {
    std::vector<std::string> words;
    for (const IdExtent& e : map)
        for (const std::uint32_t value : {e.first, e.outer, e.count})
            words.push_back(std::to_string(value));
    return words;
}

std::vector<SubordinateRange> subordinate_ranges(std::string_view text, std::string_view name,
                                                 uid_t uid) {
    std::vector<SubordinateRange> ranges;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        const std::string_view whole(line);
        const std::size_t one = whole.find(':'), two = whole.find(':', one + 1);
        if (one == whole.npos || two == whole.npos) continue;
        const std::string_view who = whole.substr(0, one);
        SubordinateRange range;
        if ((who == name || who == std::to_string(uid)) &&
            number(whole.substr(one + 1, two - one - 1), range.first) &&
            number(whole.substr(two + 1), range.count) && range.count > 0)
            ranges.push_back(range);
    }
    return ranges;
}

IdMap user_map(std::uint32_t user, const std::vector<SubordinateRange>& ranges) {
    IdMap map{{0, user, 1}};
    std::uint32_t next = 1;
    for (const SubordinateRange& range : ranges) {
        const std::uint32_t count = std::min(range.count, ids_of_a_lab + 1 - next);
        if (count == 0) break;
        map.push_back({next, range.first, count});
        next += count;
    }
    return map;
}

IdMap lab_map_below(const IdMap& user_map) {
    IdMap map;
    for (const IdExtent& e : user_map)
        if (e.first > 0) map.push_back({e.first - 1, e.first, e.count});
    return map.empty() ? IdMap{{0, 0, 1}} : map;
}

std::optional<std::uint32_t> outer_id(const IdMap& map, std::uint32_t id) {
    for (const IdExtent& e : map)
        if (id >= e.first && id - e.first < e.count) return e.outer + (id - e.first);
    return std::nullopt;
}

std::uint32_t last_id(const IdMap& map) {
    std::uint32_t end = 0;
    for (const IdExtent& e : map)  // in ascending order, as we make them
        if (e.first == end) end += e.count;
    return end == 0 ? 0 : end - 1;
}

}  // namespace labd
