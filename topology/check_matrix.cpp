// See check_matrix.hpp.
#include "topology/check_matrix.hpp"

#include "topology/names.hpp"

#include <algorithm>

namespace topology {
namespace {

constexpr std::size_t most_combinations = 1000;

bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// As a whole word inside of a `${…}`.
bool uses(std::string_view text, const std::string& name) {
    for (std::size_t open = text.find("${"); open != std::string_view::npos;
         open = text.find("${", open + 2)) {
        const std::string_view body = text.substr(open + 2, text.find('}', open) - open - 2);
        for (std::size_t at = body.find(name); at != std::string_view::npos;
             at = body.find(name, at + 1)) {
            const std::size_t end = at + name.size();
            if ((at == 0 || !is_word_byte(body[at - 1])) &&
                (end == body.size() || !is_word_byte(body[end])))
                return true;
        }
    }
    return false;
}

bool uses(const Value& value, const std::string& name) {
    return uses(value.text, name) ||
           std::any_of(value.items.begin(), value.items.end(),
                       [&](const Value& item) { return uses(item, name); }) ||
           std::any_of(value.members.begin(), value.members.end(), [&](const Member& member) {
               return member.key != "matrix" &&
                      (uses(member.key, name) || uses(member.value, name));
           });
}

// What one name stands for; false after a complaint.
bool values_of(const Member& member, Context& context, std::vector<std::string>& out) {
    Diagnostics& diagnostics = context.diagnostics;
    if (member.key == "lab" || !is_variable_name(member.key)) {
        diagnostics.error("D8", member.where,
                          "\"" + member.key + "\" cannot be bound by \"matrix\"",
                          "a–z, 0–9 and \"_\", starting with a letter; lab is taken");
        return false;
    }
    const auto* items = context.reader.list(member.key, member.value);
    if (items == nullptr) return false;
    if (items->empty()) {
        diagnostics.error("VALUE", member.value.where,
                          "\"" + member.key + "\" has no values: nothing would be asked",
                          member.key + " = [1, 2]");
        return false;
    }
    for (const Value& item : *items) {
        if (item.is(Value::Type::array) || item.is(Value::Type::table)) {
            context.reader.wrong_type(item, "a string or a number", member.key + " = [1, \"two\"]");
            return false;
        }
        std::string text = written(item);
        if (std::find(out.begin(), out.end(), text) != out.end()) {
            diagnostics.error("VALUE", item.where, "\"" + member.key + "\" has " + text + " twice",
                              "each value once");
            return false;
        }
        out.push_back(std::move(text));
    }
    return true;
}

}  // namespace

std::vector<Combination> combinations(const Value& check, Context& context) {
    std::vector<Combination> all{{Names(&context.names), ""}};
    const Value* as_written = check.find("matrix");
    if (as_written == nullptr || !context.reader.table(*as_written, "\"matrix\"")) return all;
    const Value matrix = context.interpolator.value(*as_written, context.names, Late::refused);
    for (const Member& member : matrix.members) {
        std::vector<std::string> values;
        if (!values_of(member, context, values)) return {};
        if (!uses(check, member.key))
            context.diagnostics.warning("VALUE", member.where,
                                        "\"" + member.key +
                                            "\" stands nowhere in this check: the "
                                            "same is asked again",
                                        "${" + member.key + "} where it belongs");
        if (all.size() * values.size() > most_combinations) {
            context.diagnostics.error("LIMIT", matrix.where,
                                      "\"matrix\" makes more than 1,000 checks");
            return {};
        }
        std::vector<Combination> next;
        for (const Combination& before : all)
            for (const std::string& value : values) {
                next.push_back(before);
                next.back().names.set(member.key, value);
                next.back().text += (before.text.empty() ? "" : ", ") + member.key + " = " + value;
            }
        all = std::move(next);
    }
    return all;
}

}  // namespace topology
