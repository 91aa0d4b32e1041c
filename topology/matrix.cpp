#include "topology/matrix.hpp"

#include <algorithm>

namespace topology {

std::optional<std::vector<std::string>> values_of(const Member& member, Diagnostics& diagnostics) {
    const Reader reader(diagnostics);
    const auto* items = reader.list(member.key, member.value);
    if (items == nullptr) return std::nullopt;
    if (items->empty()) {
        diagnostics.error("VALUE", member.value.where,
                          "\"" + member.key + "\" has no values: nothing would be asked",
                          member.key + " = [1, 2]");
        return std::nullopt;
    }
    std::vector<std::string> out;
    for (const Value& item : *items) {
        if (item.is(Value::Type::array) || item.is(Value::Type::table)) {
            reader.wrong_type(item, "a string or a number", member.key + " = [1, \"two\"]");
            return std::nullopt;
        }
        std::string value = written(item);
        if (std::find(out.begin(), out.end(), value) != out.end()) {
            diagnostics.error("VALUE", item.where, "\"" + member.key + "\" has " + value + " twice",
                              "each value once");
            return std::nullopt;
        }
        out.push_back(std::move(value));
    }
    return out;
}

std::vector<Variant> variants(const std::vector<MatrixRow>& matrix) {
    std::vector<Variant> all{{}};
    for (const MatrixRow& row : matrix) {
        std::vector<Variant> next;
        for (const Variant& before : all)
            for (const std::string& value : row.values) {
                next.push_back(before);
                next.back().emplace_back(row.variable, value);
            }
        all = std::move(next);
    }
    return all;
}

std::string text(const Variant& variant) {
    std::string out;
    for (const auto& [variable, value] : variant)
        out += (out.empty() ? "" : ", ") + variable + " = " + value;
    return out;
}

}  // namespace topology
