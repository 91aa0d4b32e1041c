// toml++ recurses over brackets (256 deep, fixed when Debian built the library, which is too much
// for the stack of a sanitizer build) and over the dots of keys when it destroys its tables (not
// limited at all). So depth is measured first, by a scan that knows strings and comments only.
#include "topology/nesting.hpp"

namespace topology {
namespace {

class Scan {
  public:
    Scan(std::string_view text, std::size_t most) : x_text(text), x_most(most) {}

    std::optional<Where> run() {
        while (x_at < x_text.size()) {
            const char c = x_text[x_at];
            if (c == '"' || c == '\'') {
                skip_string(c);
                continue;
            }
            if (c == '#') {
                const std::size_t end = x_text.find('\n', x_at);
                if (end == std::string_view::npos) return std::nullopt;
                x_at = end;
                continue;
            }
            if (count(c)) return Where{0, x_line, column(), 1};
            step();
        }
        return std::nullopt;
    }

  private:
    // True when this byte is one too many.
    bool count(char c) {
        if (c == '[' || c == '{') {
            x_dots = 0;
            return ++x_depth > x_most;
        }
        if (c == ']' || c == '}') {
            x_dots = 0;
            if (x_depth > 0) --x_depth;
        } else if (c == '=' || c == ',' || c == '\n') {
            x_dots = 0;
        } else if (c == '.') {
            return ++x_dots > x_most;
        }
        return false;
    }

    void skip_string(char quote) {
        const std::string_view rest = x_text.substr(x_at);
        const bool triple = rest.size() >= 3 && rest[1] == quote && rest[2] == quote;
        for (int i = 0; i < (triple ? 3 : 1); ++i) step();
        while (x_at < x_text.size()) {
            const char c = x_text[x_at];
            if (c == '\\' && quote == '"') {
                step();
                if (x_at < x_text.size()) step();
                continue;
            }
            if (!triple && c == '\n') return;  // unterminated: the parser will say so
            const bool end =
                triple ? x_text.substr(x_at, 3) == (quote == '"' ? R"(""")" : "'''") : c == quote;
            if (end) {
                for (int i = 0; i < (triple ? 3 : 1); ++i) step();
                return;
            }
            step();
        }
    }

    void step() {
        if (x_text[x_at++] == '\n') {
            ++x_line;
            x_line_start = x_at;
        }
    }

    std::uint32_t column() const { return static_cast<std::uint32_t>(x_at - x_line_start + 1); }

    std::string_view x_text;
    std::size_t x_most;
    std::size_t x_at = 0, x_line_start = 0, x_depth = 0, x_dots = 0;
    std::uint32_t x_line = 1;
};

}  // namespace

std::optional<Where> too_deep(std::string_view text, std::size_t most) {
    return Scan(text, most).run();
}

}  // namespace topology
