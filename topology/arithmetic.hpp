// Integers, + - * / % and parentheses: what stands between "${" and "}" besides a lone name.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace topology {

struct Arithmetic {
    std::optional<std::int64_t> value;
    std::string unknown;  // a name that nobody knows, or
    std::string trouble;  // what is wrong, when there is no value
};

// `lookup` gives a name's text, nullptr for an unknown name.
Arithmetic evaluate(std::string_view text,
                    const std::function<const std::string*(const std::string&)>& lookup);

}  // namespace topology
