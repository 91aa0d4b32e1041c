// Finding `${…}` in strings and working it out. A late reference (`${h3.ipv4}`) cannot be worked
// out before addresses exist: it stays in the text as \x01h3.ipv4\x02.
#include "topology/expression.hpp"

#include "topology/arithmetic.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <array>

namespace topology {
namespace {

constexpr std::size_t longest_text = 256 * 1024;
constexpr std::size_t most_text = 64 << 20;  // all texts of a lab together

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool identifier(std::string_view text) {
    return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_';
           });
}

// "ipv4", "eth0.net6", "eth0.10.mac": what may follow "NODE.".
bool property(std::string_view text) {
    const std::size_t dot = text.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? text : text.substr(dot + 1);
    if (dot == std::string_view::npos) return last == "ipv4" || last == "ipv6";
    constexpr std::array<std::string_view, 5> words{"ipv4", "ipv6", "net4", "net6", "mac"};
    return dot > 0 && std::find(words.begin(), words.end(), last) != words.end();
}

// "NODE.ipv4" by its look alone: for places where no node is known yet.
bool looks_late(std::string_view text) {
    const std::size_t dot = text.find('.');
    return dot != std::string_view::npos && dot > 0 && property(text.substr(dot + 1)) &&
           text.find_first_of(" +*/%()") == std::string_view::npos;
}

}  // namespace

const std::string* Names::find(const std::string& name) const {
    const auto found = x_texts.find(name);
    if (found != x_texts.end()) return &found->second;
    return x_outer == nullptr ? nullptr : x_outer->find(name);
}

std::vector<std::string> Names::all() const {
    std::vector<std::string> result =
        x_outer == nullptr ? std::vector<std::string>() : x_outer->all();
    for (const auto& [name, text] : x_texts) result.push_back(name);
    return result;
}

bool has_expression(std::string_view text) {
    return text.find("${") != std::string_view::npos;
}

std::optional<std::string> Interpolator::text(const Value& value, const Names& names, Late late) {
    if (x_too_much) return std::nullopt;
    std::string result;
    std::size_t at = 0;
    bool failed = false;
    while (true) {
        const std::size_t open = value.text.find("${", at);
        if (open == std::string::npos) break;
        if (open > at && value.text[open - 1] == '$') {  // $${ is a literal ${
            result.append(value.text, at, open - at - 1);
            result += "${";
            at = open + 2;
            continue;
        }
        result.append(value.text, at, open - at);
        const std::size_t close = value.text.find('}', open);
        if (close == std::string::npos) {
            x_diagnostics.error("D24", inside(value, open, 2), "\"${\" without \"}\"",
                                "write $${ to leave it to the shell");
            return std::nullopt;
        }
        if (std::optional<std::string> part = piece(value, open, close + 1, names, late))
            result += *part;
        else
            failed = true;
        if (result.size() > longest_text) {
            x_diagnostics.error("LIMIT", value.where, "a string has at most 256 KiB");
            return std::nullopt;
        }
        at = close + 1;
    }
    result.append(value.text, at);
    x_written += result.size();
    if (x_written > most_text) {
        x_diagnostics.error("LIMIT", value.where,
                            "all texts of a lab together have at most 64 MiB");
        x_too_much = true;
    }
    if (failed || x_too_much) return std::nullopt;
    return result;
}

std::optional<std::string> Interpolator::text(const std::string& text, const Where& where,
                                              const Names& names, Late late) {
    return this->text(Value::string(text, where), names, late);
}

Value Interpolator::value(const Value& value, const Names& names, Late late) {
    Value result;
    result.type = value.type;
    result.boolean = value.boolean;
    result.integer = value.integer;
    result.real = value.real;
    result.where = value.where;
    result.text_line = value.text_line;
    result.text_column = value.text_column;
    result.layer = value.layer;
    result.computed = value.computed;
    if (value.is(Value::Type::string)) {
        result.text = text(value, names, late).value_or("");
        if (has_expression(value.text)) {
            result.computed = true;
            result.text_line = 0;
        }
        return result;
    }
    result.text = value.text;
    result.items.reserve(value.items.size());
    for (const Value& item : value.items) result.items.push_back(this->value(item, names, late));
    result.members.reserve(value.members.size());
    for (const Member& member : value.members) {
        Member copy;
        copy.key = member.key;
        copy.where = member.where;
        if (has_expression(member.key))
            copy.key = text(member.key, member.where, names, Late::refused).value_or("");
        copy.value = this->value(member.value, names, late);
        result.members.push_back(std::move(copy));
    }
    return result;
}

std::optional<std::string> Interpolator::piece(const Value& value, std::size_t begin,
                                               std::size_t end, const Names& names, Late late) {
    const Where where = inside(value, begin, end - begin);
    const std::string_view body =
        trim(std::string_view(value.text).substr(begin + 2, end - begin - 3));
    const auto known = [&](const std::string& name) -> const std::string* {
        if (const std::string* text = names.find(name)) return text;
        return lookup ? lookup(name, where) : nullptr;
    };
    if (identifier(body))
        if (const std::string* text = known(std::string(body))) return *text;

    // Late references first, longest node name first: "leaf-1.ipv4" is no subtraction.
    if (body.find('.') != std::string_view::npos) {
        std::string node;
        for (std::size_t dot = body.rfind('.'); dot != std::string_view::npos && dot > 0;
             dot = body.rfind('.', dot - 1)) {
            if (!property(body.substr(dot + 1))) continue;
            const std::string head(body.substr(0, dot));
            if (is_node && is_node(head)) node = head;
            // A variable that holds a node's name will do.
            else if (const std::string* text = identifier(head) ? known(head) : nullptr;
                     text != nullptr && is_node && is_node(*text))
                node = *text;
            if (!node.empty()) {
                if (late == Late::allowed)
                    return "\x01" + node + std::string(body.substr(dot)) + "\x02";
                break;
            }
            if (dot == 0) break;
        }
        if (!node.empty() || (looks_late(body) && late == Late::refused)) {
            x_diagnostics.error("D26", where, "addresses are not known yet here",
                                "late references work in exec, run, files, routes, checks");
            return std::nullopt;
        }
        if (looks_late(body)) {
            const std::string head(body.substr(0, body.find('.')));
            x_diagnostics.error("D14", where,
                                "unknown node \"" + head + "\" in \"${" + std::string(body) + "}\"",
                                "add " + head + " = \"host\" under [nodes]");
            return std::nullopt;
        }
        const std::string head(body.substr(0, body.find('.')));
        if (is_node && is_node(head) && body.find_first_of(" +*/%()") == std::string_view::npos) {
            x_diagnostics.error("D24", where,
                                "nothing of " + head + " is called \"" +
                                    std::string(body.substr(head.size() + 1)) + "\"",
                                "${" + head + ".ipv4} and ipv6; of an interface ${" + head +
                                    ".eth0.ipv4}, ipv6, net4, net6 and mac");
            return std::nullopt;
        }
    }

    const Arithmetic result = evaluate(body, known);
    if (result.value) return std::to_string(*result.value);
    if (!result.unknown.empty()) {
        std::string hint = did_you_mean(result.unknown, names.all());
        if (result.unknown == "i" || result.unknown == "j" || result.unknown == "k")
            hint = "i, j and k are the items of the ranges in a node's name";
        else if (result.unknown == "a" || result.unknown == "b")
            hint = "a and b are the range items of the two sides of a link";
        else
            hint += (hint.empty() ? "" : " ") + std::string("write $") +
                    value.text.substr(begin, end - begin) + " to leave it to the shell";
        x_diagnostics.error("D24", where, "no variable \"" + result.unknown + "\"", hint);
    } else {
        x_diagnostics.error("D24", where, result.trouble, "integers and names, + - * / % ( )");
    }
    return std::nullopt;
}

}  // namespace topology
