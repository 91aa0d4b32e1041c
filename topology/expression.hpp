// `${…}`: names, integer arithmetic, and late references that stay marked in the text.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/value.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace topology {

// What names mean at one place; looks further out when it does not know one.
class Names {
  public:
    explicit Names(const Names* outer = nullptr) : x_outer(outer) {}
    void set(std::string name, std::string text) { x_texts[std::move(name)] = std::move(text); }
    const std::string* find(const std::string& name) const;
    std::vector<std::string> all() const;

  private:
    const Names* x_outer;
    std::map<std::string, std::string> x_texts;
};

// Late references are known after addressing, so only some keys may hold them.
enum class Late { refused, allowed };

class Interpolator {
  public:
    explicit Interpolator(Diagnostics& diagnostics) : x_diagnostics(diagnostics) {}

    // Where names come from that are not in Names: variables that are still being worked out.
    // Returns nullptr when there is none of that name.
    std::function<const std::string*(const std::string& name, const Where& where)> lookup;
    // Which names are nodes; empty as long as nobody knows.
    std::function<bool(std::string_view name)> is_node;

    // A string Value with every `${…}` worked out; nullopt after a complaint.
    std::optional<std::string> text(const Value& value, const Names& names, Late late);
    // All strings and keys below a value.
    Value value(const Value& value, const Names& names, Late late);
    // For a place that is not a Value.
    std::optional<std::string> text(const std::string& text, const Where& where, const Names& names,
                                    Late late);

  private:
    std::optional<std::string> piece(const Value& value, std::size_t begin, std::size_t end,
                                     const Names& names, Late late);

    Diagnostics& x_diagnostics;
    std::size_t x_written = 0;  // bytes of text made so far
    bool x_too_much = false;
};

bool has_expression(std::string_view text);  // holds a "${"

}  // namespace topology
