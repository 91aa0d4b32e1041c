// See terminal_text.hpp.
#include "cli/terminal_text.hpp"

#include "cli/visible.hpp"

#include <utility>

namespace cli {
namespace {

// A line that never ends is shown in pieces.
constexpr std::size_t longest_line = std::size_t{64} << 10;

// Bytes of the tab or of the colour ("ESC [ 1 ; 31 m") at the front; 0 when there is none.
std::size_t passes(std::string_view text) {
    if (text.starts_with('\t')) return 1;
    if (!text.starts_with("\x1b[")) return 0;
    const std::size_t end = text.find_first_not_of("0123456789;:", 2);
    return end != text.npos && text[end] == 'm' ? end + 1 : 0;
}

std::string shown_line(std::string_view line) {
    std::string out;
    bool coloured = false;
    std::size_t begin = 0, at = 0;
    while (at < line.size()) {
        const std::size_t kept = passes(line.substr(at));
        if (kept == 0) {
            ++at;
            continue;
        }
        out += visible(line.substr(begin, at - begin));
        out += line.substr(at, kept);
        coloured = coloured || kept > 1;
        begin = at += kept;
    }
    out += visible(line.substr(begin));
    return coloured ? out + "\x1b[m" : out;
}

}  // namespace

std::string TerminalText::take(std::string_view bytes) {
    open_ += bytes;
    std::string out;
    std::size_t begin = 0, end = 0;
    while ((end = open_.find('\n', begin)) != open_.npos) {
        out += shown_line(std::string_view(open_).substr(begin, end - begin)) + "\n";
        begin = end + 1;
    }
    open_.erase(0, begin);
    return open_.size() > longest_line ? out + rest() : out;
}

std::string TerminalText::rest() {
    return shown_line(std::exchange(open_, {}));
}

}  // namespace cli
