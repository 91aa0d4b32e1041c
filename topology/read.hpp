// Typed reading of values, so that every wrong type and every number out of range is reported in
// the same words. Each returns nullopt (or leaves `out` alone) after it has complained.
#pragma once

#include "topology/ip.hpp"
#include "topology/model.hpp"
#include "topology/value.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace topology {

class Reader {
  public:
    explicit Reader(Diagnostics& list) : diagnostics(list) {}
    Diagnostics& diagnostics;

    // "expected a string, found an integer"
    void wrong_type(const Value& value, std::string_view expected, std::string hint = "") const;

    std::optional<std::string> string(const Value& value) const;
    std::optional<Text> text(const Value& value) const;
    std::optional<bool> boolean(const Value& value) const;
    // A string that came out of ${…} is an integer too, when it reads as one.
    std::optional<std::int64_t> integer(std::string_view key, const Value& value,
                                        std::int64_t least, std::int64_t most,
                                        std::string_view code = "VALUE") const;
    // One of `words`; anything else is reported with the nearest.
    std::optional<std::string> word(std::string_view key, const Value& value,
                                    const std::vector<std::string_view>& words) const;

    // The items of a list; a value that is none is reported, with how it would look as one.
    const std::vector<Value>* list(std::string_view key, const Value& value,
                                   std::string_view code = "TYPE") const;
    std::vector<Text> texts(std::string_view key, const Value& value) const;
    bool table(const Value& value, std::string_view what) const;

    // "10.0.0.1/24" or a list of them; `host`: a forgotten length was /32 or /128.
    std::vector<std::pair<Prefix, Where>> addresses(const Value& value, bool host = false) const;
    std::optional<Prefix> address(const std::string& text, Where where, bool host = false) const;
    // "10.0.0.0/24": host bits are a mistake (D73).
    std::vector<std::pair<Prefix, Where>> networks(const Value& value) const;

    // Times, rates, sizes and shares; a bare number shows its unit (D23).
    // `unit`: of the example, when the value has none.
    std::optional<double> seconds(const Value& value, const char* unit = "ms") const;
    std::optional<double> bits(const Value& value) const;
    std::optional<double> bytes(const Value& value) const;
    std::optional<double> percent(const Value& value) const;
};

// 24 of "255.255.255.0"; nothing of what is no mask of a network.
std::optional<unsigned> mask_length(std::string_view text);

// Decimal text with an optional sign, the whole of it, in range.
std::optional<std::int64_t> parse_integer(std::string_view text);

}  // namespace topology
