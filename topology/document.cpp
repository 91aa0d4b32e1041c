// The only unit that knows toml++: parse, then copy into our own ordered tree. toml++ iterates
// tables in alphabetical order (h1 h10 h2) but remembers where each key stood, and the order of the
// file is what names, addresses and indexes follow.
#include "topology/document.hpp"

#include "topology/nesting.hpp"

#include <toml++/toml.h>

#include <algorithm>

namespace topology {
namespace {

constexpr std::size_t longest_string = 256 * 1024;
constexpr std::size_t most_repeats = 20;

bool bare(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

// toml++ counts columns in code points, we in bytes.
class Positions {
  public:
    explicit Positions(std::string_view text) : x_text(text) {
        x_lines.push_back(0);
        for (std::size_t i = 0; i < text.size(); ++i)
            if (text[i] == '\n') x_lines.push_back(static_cast<std::uint32_t>(i + 1));
        const auto high = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
        if (std::none_of(text.begin(), text.end(), high)) return;
        std::size_t line = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            while (line < x_lines.size() && x_lines[line] == i) {
                x_first.push_back(static_cast<std::uint32_t>(x_points.size()));
                ++line;
            }
            if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
                x_points.push_back(static_cast<std::uint32_t>(i));
        }
    }

    std::size_t offset(const toml::source_position& at) const {
        if (at.line == 0 || at.line > x_lines.size()) return x_text.size();
        const std::size_t column = at.column == 0 ? 0 : at.column - 1;
        const std::size_t line = at.line - 1;
        if (x_points.empty()) return std::min<std::size_t>(x_lines[line] + column, x_text.size());
        if (line >= x_first.size()) return x_text.size();
        const std::size_t point = x_first[line] + column;
        return point < x_points.size() ? x_points[point] : x_text.size();
    }

    Where where(const toml::source_region& region, std::uint32_t file) const {
        if (region.begin.line == 0) return Where{file, 0, 0, 1};
        const std::size_t begin = offset(region.begin);
        std::size_t end = std::max(offset(region.end), begin);
        // The caret marks one line at most.
        end = std::min(end, x_text.find('\n', begin));
        const std::uint32_t line_start =
            x_lines[std::min<std::size_t>(region.begin.line, x_lines.size()) - 1];
        return Where{file, region.begin.line, static_cast<std::uint32_t>(begin - line_start + 1),
                     static_cast<std::uint32_t>(std::max<std::size_t>(end - begin, 1))};
    }

    std::string_view line(std::uint32_t number) const {
        if (number == 0 || number > x_lines.size()) return {};
        const std::string_view rest = x_text.substr(x_lines[number - 1]);
        return rest.substr(0, rest.find('\n'));
    }

  private:
    std::string_view x_text;
    std::vector<std::uint32_t> x_lines;   // byte offset of each line
    std::vector<std::uint32_t> x_points;  // byte offset of each code point; empty: all ASCII
    std::vector<std::uint32_t> x_first;   // first code point of each line
};

class Converter {
  public:
    Converter(std::string_view text, std::uint32_t file, const Positions& positions,
              Diagnostics& diagnostics)
        : x_text(text), x_file(file), x_positions(positions), x_diagnostics(diagnostics) {}

    Value convert(const toml::node& node, std::size_t depth) {
        Value value;
        value.where = x_positions.where(node.source(), x_file);
        if (depth > most_nesting) {
            if (!x_deep)
                x_diagnostics.error("D65", value.where,
                                    "more than " + std::to_string(most_nesting) + " levels");
            x_deep = true;
            return value;
        }
        if (const toml::table* table = node.as_table()) {
            fill(value, *table, depth);
        } else if (const toml::array* array = node.as_array()) {
            value.type = Value::Type::array;
            value.items.reserve(array->size());
            for (const toml::node& item : *array) value.items.push_back(convert(item, depth + 1));
        } else if (const toml::value<std::string>* string = node.as_string()) {
            value.type = Value::Type::string;
            value.text = string->get();
            find_text(value, x_positions.offset(node.source().begin));
            check_text(value.text, value.where);
        } else if (const toml::value<std::int64_t>* integer = node.as_integer()) {
            value.type = Value::Type::integer;
            value.integer = integer->get();
        } else if (const toml::value<double>* real = node.as_floating_point()) {
            value.type = Value::Type::real;
            value.real = real->get();
        } else if (const toml::value<bool>* boolean = node.as_boolean()) {
            value.type = Value::Type::boolean;
            value.boolean = boolean->get();
        } else {
            value.type = Value::Type::date;
            const std::size_t begin = x_positions.offset(node.source().begin);
            value.text = std::string(x_text.substr(begin, value.where.length));
        }
        return value;
    }

  private:
    void fill(Value& value, const toml::table& table, std::size_t depth) {
        value.members.reserve(table.size());
        for (auto&& [key, node] : table) {
            Member member;
            member.key = std::string(key.str());
            member.where = x_positions.where(key.source(), x_file);
            member.value = convert(node, depth + 1);
            check_text(member.key, member.where);
            value.members.push_back(std::move(member));
        }
        std::stable_sort(value.members.begin(), value.members.end(),
                         [](const Member& a, const Member& b) {
                             return std::pair(a.where.line, a.where.column) <
                                    std::pair(b.where.line, b.where.column);
                         });
    }

    void check_text(const std::string& text, const Where& where) {
        if (text.size() > longest_string)
            x_diagnostics.error("LIMIT", where, "a string has at most 256 KiB");
        // \x01 and \x02 mark late references inside of us; a NUL would end a C string early.
        if (text.find_first_of(std::string_view("\0\x01\x02", 3)) != std::string::npos)
            x_diagnostics.error("VALUE", where,
                                "a string cannot hold the characters U+0000 to U+0002");
    }

    // Where the text of a string begins, when source and text are the same bytes.
    void find_text(Value& value, std::size_t begin) const {
        std::string_view rest = x_text.substr(std::min(begin, x_text.size()));
        if (rest.empty()) return;
        const char quote = rest[0];
        if (quote != '"' && quote != '\'') return;
        std::size_t skip = 1;
        bool next_line = false;
        if (rest.size() >= 3 && rest[1] == quote && rest[2] == quote && !value.text.empty()) {
            skip = 3;
            if (rest.substr(skip, 1) == "\n")
                skip += 1, next_line = true;
            else if (rest.substr(skip, 2) == "\r\n")
                skip += 2, next_line = true;
        }
        if (rest.substr(skip, value.text.size()) != value.text) return;
        value.text_line = value.where.line + (next_line ? 1 : 0);
        value.text_column = next_line ? 1 : value.where.column + static_cast<std::uint32_t>(skip);
    }

    std::string_view x_text;
    std::uint32_t x_file;
    const Positions& x_positions;
    Diagnostics& x_diagnostics;
    bool x_deep = false;
};

// An unquoted range: `h[1-3] = "host"` or `[nodes.h[1-3]]`, with the error at its "[".
bool unquoted_range(std::string_view line, const Where& where, std::uint32_t file,
                    Diagnostics& diagnostics) {
    std::size_t begin = where.column - 1, end = begin;
    if (begin >= line.size() || line[begin] != '[') return false;
    while (begin > 0 && bare(line[begin - 1])) --begin;
    if (begin == where.column - 1) return false;
    while (end < line.size() && line[end] == '[') {
        const std::size_t close = line.find(']', end);
        if (close == std::string_view::npos) return false;
        end = close + 1;
        while (end < line.size() && bare(line[end])) ++end;
    }
    const std::string key(line.substr(begin, end - begin));
    const std::size_t next = line.find_first_not_of(" \t", end);
    if (next == std::string_view::npos) return false;
    std::string hint;
    if (line[next] == '=') {
        std::string rest(line.substr(next, 60));
        while (!rest.empty() && (rest.back() == '\r' || rest.back() == ' ')) rest.pop_back();
        hint = "\"" + key + "\" " + rest;
    } else if (line[next] == ']') {
        const std::size_t open = line.find_first_not_of("[ \t");
        hint = "[" + std::string(line.substr(open, begin - open)) + "\"" + key + "\"]";
    } else {
        return false;
    }
    diagnostics.error("D28",
                      Where{file, where.line, static_cast<std::uint32_t>(begin + 1),
                            static_cast<std::uint32_t>(key.size())},
                      "a key with \"[\" needs quotes", hint);
    return true;
}

// What TOML is not, by what stands at the place of the error; "" when nothing is known.
std::string other_language(std::string_view line, const Where& where) {
    const std::size_t at =
        std::min<std::size_t>(where.column == 0 ? 0 : where.column - 1, line.size());
    const std::string_view rest = line.substr(at);
    for (const std::string_view quote : {"“", "”", "„", "‘", "’", "«", "»"})
        if (rest.starts_with(quote)) return "plain quotes: \"h1\"";
    if (rest.starts_with("//")) return "a comment starts with #";
    if (rest.starts_with(";")) return "no \";\" at the end of a line: drop it";
    // `h* = "host"`, `h{1-3} = "host"`.
    std::size_t begin = at;
    while (begin > 0 && bare(line[begin - 1])) --begin;
    const std::string head(line.substr(begin, at - begin));
    if (head.empty() || line.find('=') == std::string_view::npos || line.find('=') < at) return "";
    if (rest.starts_with("*")) return "many nodes are a quoted range: \"" + head + "[1-3]\" = …";
    const std::size_t close = rest.find('}');
    if (rest.starts_with("{") && close != std::string_view::npos)
        return "many nodes are a quoted range: \"" + head + "[" +
               std::string(rest.substr(1, close - 1)) + "]\" = …";
    return "";
}

void syntax_error(const toml::parse_error& error, Where where, std::string_view line,
                  Diagnostics& diagnostics) {
    std::string message(error.description());
    if (!message.empty() && message[0] >= 'A' && message[0] <= 'Z')
        message[0] = static_cast<char>(message[0] - 'A' + 'a');
    const auto says = [&](std::string_view part) {
        return message.find(part) != std::string::npos;
    };
    std::string hint = other_language(line, where);
    if (!hint.empty()) return diagnostics.error("D64", where, message, hint);
    if (says("parsing boolean"))
        hint = "true and false, in lower case";
    else if (says("dangling comma"))
        hint = "no comma before the \"}\"";
    else if (says("inline table") && says("'\\n'"))
        hint = "a table in { } stands on one line; long tables are [nodes.r1]";
    else if (says("cannot redefine existing") && line.find("links") != std::string_view::npos)
        hint = "links = [...] once; tables of single links are [[link]]";
    else if (says("cannot redefine existing table") || says("cannot redefine existing array"))
        hint = "one [nodes] only; long tables are [nodes.r1]";
    else if (says("cannot redefine"))
        hint = "a key may be given once";
    else if (says("expected comma or closing"))
        hint = "a comma between any two, and at the end what closes it";
    else if (says("parsing string") && says("control characters"))
        hint = "the text has no closing quote";
    else if (says("saw ':'"))
        hint = "labd reads TOML: h1 = \"host\"";
    else if (says("saw '{'"))
        hint = "labd reads TOML, not JSON: lab init writes a first file";
    else if (says("parsing root table") || says("parsing key"))
        hint = "without quotes a key has A–Z, a–z, 0–9, \"-\" and \"_\" only";
    else if (says("could not determine value type") && where.column > 0) {
        std::size_t begin = std::min<std::size_t>(where.column - 1, line.size());
        while (begin > 0 && bare(line[begin - 1])) --begin;
        std::size_t end = begin;
        while (end < line.size() && bare(line[end])) ++end;
        if (end > begin) {
            where.column = static_cast<std::uint32_t>(begin + 1);
            where.length = static_cast<std::uint32_t>(end - begin);
            hint = "text needs quotes: \"" + std::string(line.substr(begin, end - begin)) + "\"";
        }
    }
    diagnostics.error("D64", where, message, hint);
}

}  // namespace

std::optional<Value> parse_document(const std::string& text, std::uint32_t file,
                                    Diagnostics& diagnostics) {
    if (text.size() > most_bytes) {
        diagnostics.error("D65", Where{file, 0, 0, 1}, "the file is larger than 1 MiB");
        return std::nullopt;
    }
    if (std::optional<Where> deep = too_deep(text, most_nesting)) {
        deep->file = file;
        diagnostics.error("D65", *deep, "more than " + std::to_string(most_nesting) + " levels");
        return std::nullopt;
    }
    std::string attempt = text;
    // A parser stops at the first error. Unquoted ranges come in dozens: blank the line of one and
    // look for the next, so that all are told at once.
    for (std::size_t round = 0; round < most_repeats; ++round) {
        const Positions positions(attempt);
        try {
            const toml::table table = toml::parse(std::string_view(attempt));
            if (round > 0) return std::nullopt;
            const std::size_t before = diagnostics.all().size();
            Value root = Converter(attempt, file, positions, diagnostics).convert(table, 0);
            if (diagnostics.all().size() != before) return std::nullopt;
            return root;
        } catch (const toml::parse_error& error) {
            const Where where = positions.where(error.source(), file);
            const std::string_view line = positions.line(where.line);
            if (!unquoted_range(line, where, file, diagnostics)) {
                if (round == 0) syntax_error(error, where, line, diagnostics);
                return std::nullopt;
            }
            const std::size_t begin = static_cast<std::size_t>(line.data() - attempt.data());
            const bool header = line[line.find_first_not_of(" \t")] == '[';
            if (header) return std::nullopt;
            std::fill_n(attempt.begin() + static_cast<std::ptrdiff_t>(begin), line.size(), ' ');
        }
    }
    return std::nullopt;
}

}  // namespace topology
