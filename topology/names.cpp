// The rules of names.hpp, byte by byte: std::regex would cost more than the rest of this library.
#include "topology/names.hpp"

#include <algorithm>
#include <array>

namespace topology {
namespace {

constexpr std::size_t longest_name = 32;
constexpr std::size_t longest_interface = 15;  // IFNAMSIZ with its NUL is 16
constexpr std::size_t longest_service = 64;

bool lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

bool is_name(std::string_view text) {
    if (text.empty() || text.size() > longest_name) return false;
    const auto inner = [](char c) { return lower(c) || digit(c) || c == '_' || c == '-'; };
    const auto outer = [](char c) { return lower(c) || digit(c); };
    return outer(text.front()) && outer(text.back()) &&
           std::all_of(text.begin(), text.end(), inner);
}

std::string make_name(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (upper(c))
            result += static_cast<char>(c - 'A' + 'a');
        else if (lower(c) || digit(c) || c == '_')
            result += c;
        else if (!result.empty() && result.back() != '-')
            result += '-';
    }
    const auto outer = [](char c) { return lower(c) || digit(c); };
    while (!result.empty() && !outer(result.front())) result.erase(0, 1);
    if (result.size() > longest_name) result.resize(longest_name);
    while (!result.empty() && !outer(result.back())) result.pop_back();
    return result;
}

bool is_reserved_node_name(std::string_view name) {
    return name == "all" || name == "localhost";
}

std::string interface_name_trouble(std::string_view name) {
    if (name.empty()) return "an interface name is empty";
    if (name.size() > longest_interface)
        return "interface name has " + std::to_string(name.size()) + " bytes, Linux allows " +
               std::to_string(longest_interface);
    if (name == "." || name == ".." || name == "lo" || name == "all" || name == "default")
        return "an interface cannot be called \"" + std::string(name) + "\"";
    const bool fine = std::all_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
               c != '/' && c != ':' && c != '%' && c != '"' && c != '\\';
    });
    return fine ? "" : "an interface name has no space, \"/\", \":\" or \"%\"";
}

bool is_variable_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_name && lower(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return lower(c) || digit(c) || c == '_'; });
}

bool is_bound_name(std::string_view name) {
    constexpr std::array<std::string_view, 8> bound{"i", "j", "k", "a", "b", "n", "name", "lab"};
    return std::find(bound.begin(), bound.end(), name) != bound.end();
}

bool is_service_name(std::string_view name) {
    const auto word = [](char c) { return lower(c) || upper(c) || digit(c) || c == '_'; };
    return !name.empty() && name.size() <= longest_service && word(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return word(c) || c == '.' || c == '@' || c == '-'; });
}

}  // namespace topology
