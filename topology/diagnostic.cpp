// Collecting mistakes and showing them: place, sentence, the source line, a caret, the way out.
#include "topology/diagnostic.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace topology {
namespace {

constexpr std::size_t widest_line = 160;  // of a source line that is shown

bool continues_utf8(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// What a file says goes to a terminal: no control character of it may get there.
std::string printable(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const unsigned char byte = static_cast<unsigned char>(c);
        if (c == '\t' || c == '\n')
            result += ' ';
        else if (byte < 0x20 || byte == 0x7f)
            result += '?';
        else
            result += c;
    }
    return result;
}

std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !continues_utf8(c); }));
}

std::string_view source_line(const std::string& text, std::uint32_t line) {
    std::size_t begin = 0;
    for (std::uint32_t i = 1; i < line; ++i) {
        begin = text.find('\n', begin);
        if (begin == std::string::npos) return {};
        ++begin;
    }
    std::string_view result = std::string_view(text).substr(begin);
    result = result.substr(0, result.find('\n'));
    if (!result.empty() && result.back() == '\r') result.remove_suffix(1);
    return result;
}

// The source line with a caret under the place, both cut to what a terminal shows.
std::string excerpt(const Where& where, const Sources& sources) {
    const std::string_view line = source_line(sources[where.file].text, where.line);
    std::size_t column = where.column == 0 ? 0 : where.column - 1;
    column = std::min(column, line.size());
    std::size_t begin = 0;
    if (line.size() > widest_line && column > widest_line / 2) begin = column - widest_line / 2;
    while (begin > 0 && continues_utf8(line[begin])) --begin;
    std::size_t end = std::min(line.size(), begin + widest_line);
    while (end < line.size() && continues_utf8(line[end])) ++end;

    const std::string number = std::to_string(where.line);
    const std::string margin = std::string(number.size() < 5 ? 5 - number.size() : 0, ' ');
    std::string result = margin + number + " | " + printable(line.substr(begin, end - begin));
    const std::size_t marked = std::min<std::size_t>(std::max(where.length, 1U), end - column);
    result += "\n" + margin + std::string(number.size(), ' ') + " | " +
              std::string(width(line.substr(begin, column - begin)), ' ') + "^";
    const std::size_t tail = width(line.substr(column, marked));
    if (tail > 1) result += std::string(tail - 1, '~');
    return result + "\n";
}

int rank(Severity severity) {
    switch (severity) {
        case Severity::error:
            return 0;
        case Severity::warning:
            return 1;
        case Severity::notice:
            return 2;
    }
    return 2;
}

auto place(const Diagnostic& d) {
    return std::tuple(d.where.file, d.where.line, d.where.column);
}

std::string heading(Severity severity, bool color) {
    switch (severity) {
        case Severity::error:
            return color ? "\x1b[1;31merror\x1b[0m" : "error";
        case Severity::warning:
            return color ? "\x1b[1;33mwarning\x1b[0m" : "warning";
        case Severity::notice:
            return color ? "\x1b[1;36mnotice\x1b[0m" : "notice";
    }
    return "";
}

}  // namespace

void Diagnostics::error(std::string_view code, Where where, std::string message, std::string hint) {
    list_.push_back(
        {Severity::error, where, std::string(code), std::move(message), std::move(hint)});
}

void Diagnostics::warning(std::string_view code, Where where, std::string message,
                          std::string hint) {
    list_.push_back(
        {Severity::warning, where, std::string(code), std::move(message), std::move(hint)});
}

void Diagnostics::notice(std::string_view code, Where where, std::string message,
                         std::string hint) {
    list_.push_back(
        {Severity::notice, where, std::string(code), std::move(message), std::move(hint)});
}

bool Diagnostics::failed() const {
    return std::any_of(list_.begin(), list_.end(),
                       [](const Diagnostic& d) { return d.severity == Severity::error; });
}

void Diagnostics::sort() {
    std::stable_sort(list_.begin(), list_.end(),
                     [](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
    // One entry of a range of 100 nodes makes the same mistake 100 times: say it once.
    using Said = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::string, std::string>;
    std::set<Said> said;
    std::vector<Diagnostic> kept;
    for (Diagnostic& d : list_)
        if (said.insert({d.where.file, d.where.line, d.where.column, d.code, d.message}).second)
            kept.push_back(std::move(d));
    list_ = std::move(kept);
}

std::string render(const Diagnostic& diagnostic, const Sources& sources, bool color) {
    const Where& where = diagnostic.where;
    const bool known = where.file < sources.size();
    std::string result = known ? printable(sources[where.file].name) : std::string("lab");
    if (where.line != 0)
        result += ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
    if (color) result = "\x1b[1m" + result + "\x1b[0m";
    result += ": " + heading(diagnostic.severity, color) + ": " + printable(diagnostic.message);
    if (!diagnostic.code.empty()) result += " [" + diagnostic.code + "]";
    result += "\n";
    if (known && where.line != 0) result += excerpt(where, sources);
    if (!diagnostic.hint.empty()) result += "  hint: " + printable(diagnostic.hint) + "\n";
    return result;
}

std::string render(const std::vector<Diagnostic>& diagnostics, const Sources& sources, bool color,
                   std::size_t limit) {
    std::vector<const Diagnostic*> order;
    order.reserve(diagnostics.size());
    for (const Diagnostic& d : diagnostics) order.push_back(&d);
    std::stable_sort(order.begin(), order.end(), [](const Diagnostic* a, const Diagnostic* b) {
        return std::tuple(rank(a->severity), place(*a)) < std::tuple(rank(b->severity), place(*b));
    });
    std::string result;
    for (std::size_t i = 0; i < order.size() && i < limit; ++i)
        result += render(*order[i], sources, color);
    if (order.size() > limit)
        result += "... and " + std::to_string(order.size() - limit) + " more\n";
    return result;
}

}  // namespace topology
