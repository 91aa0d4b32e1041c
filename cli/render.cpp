// Colours, columns, times. Widths count what a terminal shows, by wcwidth(3), not bytes.
#include "cli/render.hpp"

#include <langinfo.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <cwchar>

namespace cli {
namespace {

std::string number(double value, int digits) {
    std::array<char, 48> buffer{};
    (void)std::snprintf(buffer.data(), buffer.size(), "%.*f", digits, value);
    return buffer.data();
}

}  // namespace

std::string Style::paint(const char* code, std::string_view text) const {
    if (!color || text.empty()) return std::string(text);
    return std::string("\x1b[") + code + "m" + std::string(text) + "\x1b[0m";
}

std::string Style::state(std::string_view word) const {
    if (word == "up" || word == "running" || word == "ready") return green(word);
    if (word == "failed" || word == "down" || word == "degraded") return red(word);
    if (word == "building" || word == "starting" || word == "waiting" || word == "stopping" ||
        word == "backoff")
        return yellow(word);
    return std::string(word);
}

std::string Style::by_name(std::string_view name, std::string_view text) const {
    static constexpr std::array<const char*, 6> palette{"32", "33", "34", "35", "36", "94"};
    std::size_t sum = 0;
    for (const char c : name) sum = sum * 31 + static_cast<unsigned char>(c);
    return paint(palette[sum % palette.size()], text);
}

const Glyphs& glyphs() {
    static constexpr Glyphs pretty{"✓", "✗", "│", "→", "–"};
    static constexpr Glyphs plain{"+", "x", "|", "->", "-"};
    const bool utf8 = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
    return utf8 ? pretty : plain;
}

std::size_t width(std::string_view text) {
    std::size_t columns = 0;
    std::mbstate_t state{};
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == '\x1b') {  // CSI … m
            while (i < text.size() && text[i] != 'm') ++i;
            ++i;
            continue;
        }
        if (text[i] >= ' ' && text[i] <= '~') {  // nearly all of it
            ++columns, ++i;
            continue;
        }
        wchar_t wide = 0;
        const std::size_t n = std::mbrtowc(&wide, text.data() + i, text.size() - i, &state);
        if (n == 0 || n > text.size()) {  // not text of this locale: count the byte
            state = {};
            ++columns, ++i;
            continue;
        }
        const int w = ::wcwidth(wide);
        columns += w > 0 ? static_cast<std::size_t>(w) : 0;
        i += n;
    }
    return columns;
}

Table::Table(std::vector<std::string> header) : header_(std::move(header)) {}

void Table::row(std::vector<std::string> cells) {
    for (std::string& cell : cells)
        if (cell.empty()) cell = "-";
    cells.resize(header_.size(), "-");
    rows_.push_back(std::move(cells));
}

std::string Table::text(const Style& style) const {
    std::vector<std::size_t> widths(header_.size());
    for (std::size_t c = 0; c < header_.size(); ++c) {
        widths[c] = width(header_[c]);
        for (const auto& cells : rows_) widths[c] = std::max(widths[c], width(cells[c]));
    }
    std::string out;
    const auto line = [&](const std::vector<std::string>& cells, bool bold) {
        for (std::size_t c = 0; c < cells.size(); ++c) {
            out += bold ? style.bold(cells[c]) : cells[c];
            if (c + 1 < cells.size()) out.append(widths[c] - width(cells[c]) + 2, ' ');
        }
        out += '\n';
    };
    line(header_, true);
    for (const auto& cells : rows_) line(cells, false);
    return out;
}

std::string duration(double seconds) {
    const double ms = seconds * 1000;
    if (ms < 10) return number(ms, 1) + " ms";
    if (ms < 999.5) return number(ms, 0) + " ms";
    if (seconds < 59.95) return number(seconds, 1) + " s";
    const auto whole = static_cast<long>(seconds + 0.5);
    const long rest = whole % 60;
    return std::to_string(whole / 60) + " m " + (rest < 10 ? "0" : "") + std::to_string(rest) +
           " s";
}

std::string age(double seconds) {
    const auto s = static_cast<long>(seconds);
    if (s < 60) return std::to_string(s) + "s";
    if (s < 3600) return std::to_string(s / 60) + "m";
    if (s < 86400) return std::to_string(s / 3600) + "h" + std::to_string(s % 3600 / 60) + "m";
    return std::to_string(s / 86400) + "d" + std::to_string(s % 86400 / 3600) + "h";
}

std::string byte_count(std::uint64_t n) {
    if (n < 1000) return std::to_string(n) + " B";
    static constexpr std::array<const char*, 4> units{" kB", " MB", " GB", " TB"};
    double value = static_cast<double>(n) / 1000;
    std::size_t unit = 0;
    while (value >= 999.95 && unit + 1 < units.size()) value /= 1000, ++unit;
    return number(value, 1) + units[unit];
}

std::string count(std::size_t n, std::string_view noun) {
    return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
    std::string out;
    for (const std::string& word : words) {
        if (!out.empty()) out += separator;
        out += word;
    }
    return out;
}

const char* severity_word(topology::Severity severity) {
    switch (severity) {
        case topology::Severity::error:
            return "error";
        case topology::Severity::warning:
            return "warning";
        case topology::Severity::notice:
            return "notice";
    }
    return "error";
}

void print(std::string_view text) {
    (void)std::fwrite(text.data(), 1, text.size(), stdout);  // finish_output() asks ferror
}

void print_error(std::string_view text) {
    (void)std::fwrite(text.data(), 1, text.size(), stderr);  // nowhere left to complain
}

bool finish_output() {
    return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

}  // namespace cli
