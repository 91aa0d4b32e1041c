// A TOML document as we keep it: tables in the order of the file, every key and value with its
// place. toml++ sorts keys and would put its 600 kB of templates into every unit; only
// document.cpp knows it.
#pragma once

#include "topology/diagnostic.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace topology {

struct Member;

struct Value {
    enum class Type { boolean, integer, real, string, date, array, table };

    Type type = Type::table;
    bool boolean = false;
    bool computed = false;  // its text came out of ${…}: an integer key accepts it
    std::int64_t integer = 0;
    double real = 0;
    Where where;  // of the whole token, quotes included
    // Where the first byte of `text` stands, so that a place inside a string can be shown; line 0
    // when the source has escapes and bytes do not correspond.
    std::uint32_t text_line = 0, text_column = 0;
    std::uint32_t layer = 0;  // of the merge it came from (merge.hpp)
    std::string text;
    std::vector<Value> items;
    std::vector<Member> members;

    const Value* find(std::string_view key) const;  // of a table; nullptr when absent
    const Member* member(std::string_view key) const;
    bool is(Type t) const { return type == t; }
    bool is_false() const { return type == Type::boolean && !boolean; }

    static Value string(std::string text, Where where);
    static Value table(Where where);
};

struct Member {
    std::string key;
    Where where;
    Value value;
};

void put(Value& table, Member member);  // replaces what the key had
void remove(Value& table, std::string_view key);

std::string_view type_name(Value::Type type);  // "a string", "an integer"
std::string written(const Value& value);       // a scalar as the file would say it

// The place of `length` bytes from `offset` of value.text.
Where inside(const Value& value, std::size_t offset, std::size_t length);

}  // namespace topology
