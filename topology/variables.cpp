// A variable may use others in any order: each is worked out when it is first asked for, and one
// that is asked for while it is being worked out closes a circle (D25).
#include "topology/variables.hpp"

#include "topology/matrix.hpp"
#include "topology/names.hpp"
#include "topology/read.hpp"
#include "topology/suggest.hpp"

#include <algorithm>

namespace topology {
namespace {

constexpr std::size_t most_variables = 64;
constexpr std::size_t longest_variable = 1000;

class Evaluator {
  public:
    explicit Evaluator(Diagnostics& diagnostics)
        : x_diagnostics(diagnostics), x_interpolator(diagnostics) {
        x_interpolator.lookup = [this](const std::string& name, const Where& where) {
            return get(name, where);
        };
    }

    void add(const std::string& name, Value value) { x_values.emplace(name, std::move(value)); }
    bool has(const std::string& name) const { return x_values.count(name) != 0; }
    void replace(const std::string& name, Value value) { x_values[name] = std::move(value); }
    const Value& written_as(const std::string& name) const { return x_values.at(name); }

    std::vector<std::string> names() const {
        std::vector<std::string> result;
        for (const auto& [name, value] : x_values) result.push_back(name);
        return result;
    }

    const std::string* get(const std::string& name, const Where& where) {
        const auto value = x_values.find(name);
        if (value == x_values.end()) return nullptr;
        const auto done = x_texts.find(name);
        if (done != x_texts.end()) return &done->second;
        const auto open = std::find(x_stack.begin(), x_stack.end(), name);
        if (open != x_stack.end()) {
            std::string circle;
            for (auto at = open; at != x_stack.end(); ++at) circle += *at + " → ";
            x_diagnostics.error("D25", where, "variables in a circle: " + circle + name,
                                "one of them must not use the others");
            x_failed.insert_or_assign(name, "0");
            return &x_failed[name];
        }
        x_stack.push_back(name);
        const Names none;
        std::string text =
            value->second.is(Value::Type::string)
                ? x_interpolator.text(value->second, none, Late::refused).value_or("")
                : written(value->second);
        x_stack.pop_back();
        if (text.size() > longest_variable) {
            x_diagnostics.error("LIMIT", value->second.where, "a variable has at most 1,000 bytes");
            text.clear();
        }
        return &x_texts.insert_or_assign(name, std::move(text)).first->second;
    }

  private:
    Diagnostics& x_diagnostics;
    Interpolator x_interpolator;
    std::map<std::string, Value> x_values;
    std::map<std::string, std::string> x_texts, x_failed;
    std::vector<std::string> x_stack;
};

void declare(const Value& root, Evaluator& evaluator, Diagnostics& diagnostics) {
    const Value* vars = root.find("vars");
    if (vars == nullptr || !Reader(diagnostics).table(*vars, "[vars]")) return;
    if (vars->members.size() > most_variables)
        diagnostics.error("LIMIT", vars->where, "a lab has at most 64 variables");
    for (const Member& member : vars->members) {
        if (is_bound_name(member.key)) {
            diagnostics.error("D8", member.where, "\"" + member.key + "\" has a meaning of its own",
                              "i j k a b n name lab are taken: choose another name");
            // Its uses are no further mistakes.
            if (member.key != "lab") evaluator.add(member.key, member.value);
        } else if (!is_variable_name(member.key)) {
            diagnostics.error("D8", member.where,
                              "a variable has a–z, 0–9 and \"_\" only, and starts with a letter");
        } else if (!member.value.is(Value::Type::string) &&
                   !member.value.is(Value::Type::integer)) {
            const bool links = member.key == "links";
            diagnostics.error(links ? "D7" : "TYPE", member.value.where,
                              links ? "\"links\" is inside [vars]"
                                    : "a variable is an integer or a string, found " +
                                          std::string(type_name(member.value.type)),
                              links ? "move it above the [vars] line" : "");
        } else {
            evaluator.add(member.key, member.value);
        }
    }
}

std::string no_variable_hint(const std::string& name, const Evaluator& evaluator) {
    std::vector<std::string> names = evaluator.names();
    std::erase(names, "lab");
    std::string hint = did_you_mean(name, names);
    if (!hint.empty()) return hint;
    return names.empty() ? "this lab has no [vars]" : "variables: " + join(names);
}

void apply_set(const std::map<std::string, std::string>& set, Evaluator& evaluator,
               Diagnostics& diagnostics) {
    for (const auto& [name, text] : set) {
        if (!evaluator.has(name) || name == "lab") {
            diagnostics.error("D8", Where{0, 0, 0, 1}, "no variable \"" + name + "\" in [vars]",
                              no_variable_hint(name, evaluator));
            continue;
        }
        const Value& declared = evaluator.written_as(name);
        if (declared.is(Value::Type::integer) && !parse_integer(text)) {
            diagnostics.error("D8", Where{0, 0, 0, 1},
                              "variable \"" + name + "\" is an integer, not \"" + text + "\"",
                              "--set " + name + "=" + written(declared));
            continue;
        }
        Value value;  // not a string: what the command line says is taken as it is, without ${…}
        value.type = Value::Type::date;
        value.text = text;
        value.where = declared.where;
        evaluator.replace(name, std::move(value));
    }
}

// A value is taken as --set takes one.
void check_matrix_value(const Value& item, const Value& declared, const std::string& name,
                        Diagnostics& diagnostics) {
    if (item.is(Value::Type::string) && has_expression(item.text))
        diagnostics.error("D8", item.where, "[matrix] takes values as they are",
                          "${…} belongs to [vars]");
    else if (declared.is(Value::Type::integer) && !parse_integer(written(item)))
        diagnostics.error("D8", item.where,
                          "variable \"" + name + "\" is an integer, not \"" + written(item) + "\"");
}

std::vector<MatrixRow> read_matrix(const Value& root, const Evaluator& evaluator,
                                   Diagnostics& diagnostics) {
    std::vector<MatrixRow> out;
    const Value* matrix = root.find("matrix");
    if (matrix == nullptr || !Reader(diagnostics).table(*matrix, "[matrix]")) return out;
    std::size_t combinations = 1;
    for (const Member& member : matrix->members) {
        if (!evaluator.has(member.key) || member.key == "lab") {
            diagnostics.error("D8", member.where, "no variable \"" + member.key + "\" in [vars]",
                              no_variable_hint(member.key, evaluator));
            continue;
        }
        auto values = values_of(member, diagnostics);
        if (!values) continue;
        for (const Value& item : member.value.items)
            check_matrix_value(item, evaluator.written_as(member.key), member.key, diagnostics);
        combinations *= values->size();
        if (combinations > most_combinations) {
            diagnostics.error("LIMIT", member.where, "[matrix] makes more than 1,000 labs");
            return {};
        }
        out.push_back({member.key, std::move(*values)});
    }
    return out;
}

}  // namespace

Variables evaluate_variables(const Value& root, const Value& lab,
                             const std::map<std::string, std::string>& set,
                             Diagnostics& diagnostics) {
    Evaluator evaluator(diagnostics);
    evaluator.add("lab", lab);
    declare(root, evaluator, diagnostics);
    Variables out;
    out.matrix = read_matrix(root, evaluator, diagnostics);
    std::erase_if(out.matrix, [&](const MatrixRow& row) { return set.contains(row.variable); });
    apply_set(set, evaluator, diagnostics);
    for (const std::string& name : evaluator.names())
        if (const std::string* text = evaluator.get(name, lab.where)) out.names.set(name, *text);
    return out;
}

}  // namespace topology
