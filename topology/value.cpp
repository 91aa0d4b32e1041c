// Looking things up in a Value and telling where they stand.
#include "topology/value.hpp"

#include <algorithm>
#include <cstdio>

namespace topology {

const Member* Value::member(std::string_view key) const {
    for (const Member& m : members)
        if (m.key == key) return &m;
    return nullptr;
}

const Value* Value::find(std::string_view key) const {
    const Member* m = member(key);
    return m == nullptr ? nullptr : &m->value;
}

Value Value::string(std::string text, Where where) {
    Value value;
    value.type = Type::string;
    value.text = std::move(text);
    value.where = where;
    return value;
}

Value Value::table(Where where) {
    Value value;
    value.where = where;
    return value;
}

void put(Value& table, Member member) {
    for (Member& m : table.members) {
        if (m.key == member.key) {
            m = std::move(member);
            return;
        }
    }
    table.members.push_back(std::move(member));
}

void remove(Value& table, std::string_view key) {
    std::erase_if(table.members, [&](const Member& m) { return m.key == key; });
}

std::string_view type_name(Value::Type type) {
    switch (type) {
        case Value::Type::boolean:
            return "true or false";
        case Value::Type::integer:
            return "an integer";
        case Value::Type::real:
            return "a number with a fraction";
        case Value::Type::string:
            return "a string";
        case Value::Type::date:
            return "a date";
        case Value::Type::array:
            return "a list";
        case Value::Type::table:
            return "a table";
    }
    return "";
}

std::string written(const Value& value) {
    char buffer[32];
    switch (value.type) {
        case Value::Type::boolean:
            return value.boolean ? "true" : "false";
        case Value::Type::integer:
            return std::to_string(value.integer);
        case Value::Type::real:
            (void)std::snprintf(buffer, sizeof buffer, "%.12g", value.real);
            return buffer;
        case Value::Type::string:
        case Value::Type::date:
            return value.text;
        case Value::Type::array:
        case Value::Type::table:
            break;
    }
    return "";
}

Where inside(const Value& value, std::size_t offset, std::size_t length) {
    if (value.text_line == 0 || offset > value.text.size()) return value.where;
    Where where = value.where;
    where.line = value.text_line;
    const auto begin = value.text.begin();
    const auto at = begin + static_cast<std::ptrdiff_t>(offset);
    const auto lines = std::count(begin, at, '\n');
    where.line += static_cast<std::uint32_t>(lines);
    if (lines == 0) {
        where.column = value.text_column + static_cast<std::uint32_t>(offset);
    } else {
        const std::size_t newline = value.text.rfind('\n', offset - 1);
        where.column = static_cast<std::uint32_t>(offset - newline);
    }
    where.length = static_cast<std::uint32_t>(std::max<std::size_t>(length, 1));
    return where;
}

}  // namespace topology
