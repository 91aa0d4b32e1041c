// How things look: the colours, tables, times and sizes of every command, in one place.
#pragma once

#include "topology/diagnostic.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

// Colour never says anything alone: a glyph or a word always stands with it.
struct Style {
    bool color = false;

    std::string bold(std::string_view text) const { return paint("1", text); }
    std::string dim(std::string_view text) const { return paint("2", text); }
    std::string red(std::string_view text) const { return paint("31;1", text); }
    std::string green(std::string_view text) const { return paint("32", text); }
    std::string yellow(std::string_view text) const { return paint("33", text); }
    std::string cyan(std::string_view text) const { return paint("36", text); }
    // "up" green, "failed" red, what is on its way yellow.
    std::string state(std::string_view word) const;
    // A colour of its own for each node name, always the same.
    std::string by_name(std::string_view name, std::string_view text) const;

  private:
    std::string paint(const char* code, std::string_view text) const;
};

// ✓ ✗ │ → where the locale can show them, else + x | ->.
struct Glyphs {
    const char *yes, *no, *bar, *arrow, *dash;
};
const Glyphs& glyphs();

// Columns that a text takes on a terminal; colour sequences take none.
std::size_t width(std::string_view text);

// Two spaces between columns, "-" for empty cells, no boxes: they wrap on projectors and break awk.
class Table {
  public:
    explicit Table(std::vector<std::string> header);
    void row(std::vector<std::string> cells);
    bool empty() const { return rows_.empty(); }
    std::string text(const Style& style) const;

  private:
    std::vector<std::string> header_;
    std::vector<std::vector<std::string>> rows_;
};

std::string duration(double seconds);                     // 0.3 ms, 41 ms, 1.2 s, 2 m 05 s
std::string age(double seconds);                          // 12s, 5m, 3h, 2d
std::string byte_count(std::uint64_t n);                  // 812 B, 1.2 kB
std::string count(std::size_t n, std::string_view noun);  // 1 node, 3 nodes
std::string join(const std::vector<std::string>& words, std::string_view separator);
const char* severity_word(topology::Severity severity);

// To stdout as it is; a full disk or a closed pipe is noticed by finish_output().
void print(std::string_view text);
void print_error(std::string_view text);  // stderr
// False when something printed did not arrive.
bool finish_output();

}  // namespace cli
