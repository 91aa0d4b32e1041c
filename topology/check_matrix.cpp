// See check_matrix.hpp.
#include "topology/check_matrix.hpp"

#include "topology/matrix.hpp"
#include "topology/names.hpp"

#include <algorithm>

namespace topology {
namespace {

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

bool may_bind(const Member& member, Diagnostics& diagnostics) {
    if (member.key != "lab" && is_variable_name(member.key)) return true;
    diagnostics.error("D8", member.where, "\"" + member.key + "\" cannot be bound by \"matrix\"",
                      "a–z, 0–9 and \"_\", starting with a letter; lab is taken");
    return false;
}

}  // namespace

std::vector<Combination> combinations(const Value& check, Context& context) {
    std::vector<Combination> all{{Names(&context.names), ""}};
    const Value* as_written = check.find("matrix");
    if (as_written == nullptr || !context.reader.table(*as_written, "\"matrix\"")) return all;
    const Value matrix = context.interpolator.value(*as_written, context.names, Late::refused);
    for (const Member& member : matrix.members) {
        if (!may_bind(member, context.diagnostics)) return {};
        const auto values = values_of(member, context.diagnostics);
        if (!values) return {};
        if (!uses(check, member.key))
            context.diagnostics.warning("VALUE", member.where,
                                        "\"" + member.key +
                                            "\" stands nowhere in this check: the "
                                            "same is asked again",
                                        "${" + member.key + "} where it belongs");
        if (all.size() * values->size() > most_combinations) {
            context.diagnostics.error("LIMIT", matrix.where,
                                      "\"matrix\" makes more than 1,000 checks");
            return {};
        }
        std::vector<Combination> next;
        for (const Combination& before : all)
            for (const std::string& value : *values) {
                next.push_back(before);
                next.back().names.set(member.key, value);
                next.back().text += (before.text.empty() ? "" : ", ") + member.key + " = " + value;
            }
        all = std::move(next);
    }
    return all;
}

}  // namespace topology
