// See frr_config.hpp.
#include "labd/check/frr_config.hpp"

#include <sstream>

namespace labd::check {
namespace {

constexpr const char* family_word = "address-family ";

bool is_head(const std::string& line) {
    for (const char* word : {"interface ", "router ", "key chain ", "route-map "})
        if (line.starts_with(word)) return true;
    return false;
}

}  // namespace

FrrConfig::FrrConfig(const std::string& text) {
    std::istringstream in(text);
    std::string head, family;
    for (std::string line; std::getline(in, line);) {
        const std::size_t begin = line.find_first_not_of(" \t");
        if (begin == std::string::npos) continue;
        const bool outer = begin == 0;
        line.erase(0, begin);
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        if (line == "!" || line.empty()) continue;
        if (outer) {
            family.clear();
            head = is_head(line) ? line : "";
            if (!head.empty())
                sections_[head];
            else
                sections_[outside].push_back(line);
        } else if (line.starts_with(family_word)) {
            family = "/" + line.substr(std::string(family_word).size());
            sections_[head + family];
        } else if (line == "exit-address-family") {
            family.clear();
        } else {
            sections_[head + family].push_back(line);
        }
    }
}

const FrrConfig::Lines& FrrConfig::section(const std::string& name) const {
    static const Lines none;
    const auto at = sections_.find(name);
    return at == sections_.end() ? none : at->second;
}

std::string FrrConfig::find(const std::string& words) const {
    for (const auto& [name, lines] : sections_)
        if ((name == words || name.starts_with(words + " ")) &&
            name.find(" vrf ") == std::string::npos && name.find('/') == std::string::npos)
            return name;
    return "";
}

std::vector<std::string> FrrConfig::beginning_with(const std::string& words) const {
    std::vector<std::string> out;
    for (const auto& [name, lines] : sections_)
        if (name.starts_with(words)) out.push_back(name);
    return out;
}

std::optional<std::string> FrrConfig::value(const Lines& lines, const std::string& words) {
    for (const std::string& line : lines) {
        if (line == words) return "";
        if (line.starts_with(words + " ")) return line.substr(words.size() + 1);
    }
    return std::nullopt;
}

std::vector<std::string> FrrConfig::values(const Lines& lines, const std::string& words) {
    std::vector<std::string> out;
    for (const std::string& line : lines)
        if (line.starts_with(words + " ")) out.push_back(line.substr(words.size() + 1));
    return out;
}

}  // namespace labd::check
