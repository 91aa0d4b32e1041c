// See terminal_text.hpp.
#include "cli/terminal_text.hpp"

#include <cstddef>
#include <utility>

namespace cli {
namespace {

constexpr char escape = '\x1b', del = '\x7f', first_of_c1 = '\xc2';
constexpr std::size_t longest_colour = 32;  // "ESC [ 38;2;255;255;255;48;2;…m" has less

std::string caret(char c) {
    return {'^', c == del ? '?' : static_cast<char>(c + '@')};
}

bool is_control(char c) {
    return (c >= 0 && c < ' ') || c == del;
}

}  // namespace

std::string TerminalText::take(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) byte(c, out);
    return out;
}

std::string TerminalText::rest() {
    std::string out;
    for (const char c : std::exchange(open_, {}))
        out += is_control(c) ? caret(c) : std::string(1, c);
    end_line(out);
    return out;
}

void TerminalText::end_line(std::string& out) {
    if (std::exchange(coloured_, false)) out += "\x1b[m";
}

void TerminalText::byte(char c, std::string& out) {
    if (!open_.empty() && open_.front() == escape) {
        const bool opens = open_.size() == 1 && c == '[';
        const bool inside = open_.size() > 1 && ((c >= '0' && c <= '9') || c == ';' || c == ':');
        if ((opens || inside) && open_.size() < longest_colour) {
            open_ += c;
            return;
        }
        if (open_.size() > 1 && c == 'm') {
            out += std::exchange(open_, {}) + c;
            coloured_ = true;
            return;
        }
        const std::string shown = std::exchange(open_, {});
        out += caret(escape) + shown.substr(1);
    } else if (!open_.empty()) {
        // U+0080 to U+009F are the same commands in one letter (ECMA-48's C1).
        const bool c1 =
            static_cast<unsigned char>(c) >= 0x80 && static_cast<unsigned char>(c) < 0xa0;
        out += c1 ? "?" : open_;
        open_.clear();
        if (c1) return;
    }
    if (c == escape || c == first_of_c1) {
        open_ = c;
    } else if (c == '\n') {
        end_line(out);
        out += c;
    } else {
        out += is_control(c) && c != '\t' ? caret(c) : std::string(1, c);
    }
}

}  // namespace cli
