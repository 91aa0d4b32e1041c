// See resolved.hpp.
#include "topology/resolved.hpp"

#include <cstdint>
#include <cstdio>

namespace topology {

std::string toml_string(const std::string& text) {
    const bool lines = text.find('\n') != std::string::npos;
    std::string out = lines ? "\"\"\"\n" : "\"";
    std::size_t quotes = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        // In a long string two quotes may stand together, three end it, and so does one at its end.
        quotes = c == '"' ? quotes + 1 : 0;
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '"') {
            const bool escape = !lines || quotes == 3 || i + 1 == text.size();
            if (escape) quotes = 0;
            out += escape ? "\\\"" : "\"";
        } else if (c == '\n') {
            out += lines ? "\n" : "\\n";
        } else if (c == '\t') {
            out += lines ? "\t" : "\\t";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            char escaped[8];
            (void)std::snprintf(escaped, sizeof escaped, "\\u%04X", static_cast<unsigned>(c));
            out += escaped;
        } else if (c == '$' && i + 1 < text.size() && text[i + 1] == '{') {
            out += "$$";
        } else {
            out += c;
        }
    }
    return out + (lines ? "\"\"\"" : "\"");
}

std::string toml_list(const std::vector<std::string>& items) {
    std::string out = "[";
    for (const std::string& item : items) out += (out.size() > 1 ? ", " : "") + toml_string(item);
    return out + "]";
}

bool is_utf8(const std::string& bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        const auto c = static_cast<unsigned char>(bytes[i]);
        const std::size_t more = c < 0x80                ? 0
                                 : c >= 0xc2 && c < 0xe0 ? 1
                                 : c >= 0xe0 && c < 0xf0 ? 2
                                 : c >= 0xf0 && c < 0xf5 ? 3
                                                         : 9;
        if (more == 9 || i + more >= bytes.size()) return false;
        std::uint32_t code = more == 0 ? c : c & (0x3fU >> more);
        for (std::size_t k = 1; k <= more; ++k) {
            const auto next = static_cast<unsigned char>(bytes[i + k]);
            if ((next & 0xc0) != 0x80) return false;
            code = code << 6 | (next & 0x3fU);
        }
        // Neither surrogates nor longer than need be; and NUL is no part of a text.
        if (code == 0 || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff ||
            (more == 2 && code < 0x800) || (more == 3 && code < 0x10000))
            return false;
        i += more + 1;
    }
    return true;
}

void TomlTable::raw(const std::string& key, const std::string& value) {
    const bool bare = !key.empty() && key.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-") == std::string::npos;
    lines_.push_back((bare ? key : toml_string(key)) + " = " + value);
}

std::string TomlTable::lines() const {
    std::string out;
    for (const std::string& line : lines_) out += line + "\n";
    return out;
}

std::string TomlTable::inline_() const {
    std::string out;
    for (const std::string& line : lines_) out += (out.empty() ? "{ " : ", ") + line;
    return out.empty() ? "{}" : out + " }";
}

std::string toml_timers(const Timers& timers) {
    if (timers.standard) return "\"standard\"";
    char text[80];
    (void)std::snprintf(text, sizeof text, "{ hello = \"%.10gs\", dead = \"%.10gs\" }",
                        timers.hello, timers.dead);
    return text;
}

}  // namespace topology
