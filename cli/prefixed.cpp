// Cuts streams into lines and puts the node before each.
#include "cli/prefixed.hpp"

#include <algorithm>

namespace cli {

PrefixedLines::PrefixedLines(std::vector<std::string> names, Style out, Style err)
    : names_(std::move(names)), out_(out), err_(err) {
    for (const std::string& name : names_) widest_ = std::max(widest_, name.size());
}

std::string PrefixedLines::prefix(std::size_t who, int stream) const {
    const std::string& name = names_[who];
    const Style& style = stream == 2 ? err_ : out_;
    return style.by_name(name, name + std::string(widest_ - name.size(), ' ') + glyphs().bar) + " ";
}

std::string PrefixedLines::take(std::size_t who, int stream, std::string_view bytes) {
    std::string& open = open_[{who, stream}];
    std::string out;
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        if (end == bytes.npos) {
            open += bytes;
            break;
        }
        out += prefix(who, stream) + open;
        out += bytes.substr(0, end + 1);
        open.clear();
        bytes.remove_prefix(end + 1);
    }
    return out;
}

std::string PrefixedLines::rest(std::size_t who, int stream) {
    std::string& open = open_[{who, stream}];
    if (open.empty()) return "";
    std::string out = prefix(who, stream) + open + "\n";
    open.clear();
    return out;
}

}  // namespace cli
