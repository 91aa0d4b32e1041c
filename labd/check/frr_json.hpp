// Answers of vtysh in JSON, read as what may not be there: hostile input.
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace labd::check::frr_json {

namespace json = boost::json;

inline const json::value* member(const json::value& from, const char* key) {
    return from.is_object() ? from.get_object().if_contains(key) : nullptr;
}

inline std::string text(const json::value& from, const char* key) {
    const json::value* value = member(from, key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

inline std::optional<std::uint32_t> number(const json::value& from, const char* key) {
    const json::value* value = member(from, key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    boost::system::error_code error;
    const auto n = value->to_number<std::uint32_t>(error);
    return error ? std::nullopt : std::optional(n);
}

template <typename Each>
void for_items(const json::value* list, Each each) {
    if (list == nullptr) return;
    if (list->is_array())
        for (const json::value& item : list->get_array()) each(std::string(), item);
    if (list->is_object())
        for (const auto& [key, item] : list->get_object()) each(std::string(key), item);
}

inline json::value parsed(const std::string& out, bool& good) {
    json::error_code error;
    json::parse_options options;
    options.max_depth = 64;
    json::value value = json::parse(out, error, {}, options);
    good = !error;
    return value;
}

}  // namespace labd::check::frr_json
