#include "topology/written_links.hpp"

#include "topology/units.hpp"

#include <algorithm>
#include <array>

namespace topology {
namespace {

std::string stripped(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return std::string(text);
}

std::vector<std::string> pieces(std::string_view text, std::string_view separator) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(separator, at), text.size());
        parts.push_back(stripped(text.substr(at, end - at)));
        at = end + separator.size();
    }
    return parts;
}

// "10ms" → `delay = "10ms"`.
std::string as_key(const std::string& text) {
    const char* key = parse_seconds(text)   ? "delay"
                      : parse_bits(text)    ? "rate"
                      : parse_percent(text) ? "loss"
                                            : nullptr;
    return key == nullptr ? "" : std::string(key) + " = \"" + text + "\"";
}

std::string as_keys(const Value& table) {
    std::string out;
    for (const Member& member : table.members) {
        const Value& value = member.value;
        const bool list = value.is(Value::Type::array) || value.is(Value::Type::table);
        out += (out.empty() ? "" : ", ") + member.key + " = ";
        out += list                            ? "…"
               : value.is(Value::Type::string) ? "\"" + value.text + "\""
                                               : written(value);
    }
    return out;
}

}  // namespace

std::vector<std::string> nodes_of_link(std::string_view text, const IsNode& is_node) {
    constexpr std::array<std::string_view, 8> arrows{"<-->", "<->", "-->", "<--",
                                                     "->",   "<-",  "--",  ","};
    const std::string whole = stripped(text);
    if (is_node(whole) || whole.find_first_of("[]{}$:/") != std::string::npos) return {};
    const auto all_nodes = [&](const std::vector<std::string>& parts) {
        return parts.size() > 1 && std::all_of(parts.begin(), parts.end(), is_node);
    };
    for (const std::string_view arrow : arrows) {
        std::vector<std::string> parts = pieces(whole, arrow);
        if (parts.size() < 2) continue;
        const bool named = std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
            return !part.empty() && part.find(' ') == std::string::npos;
        });
        return named ? parts : std::vector<std::string>();
    }
    if (std::vector<std::string> parts = pieces(whole, " "); all_nodes(parts)) return parts;
    for (std::size_t dash = whole.find('-'); dash != std::string::npos;
         dash = whole.find('-', dash + 1)) {
        std::vector<std::string> parts{stripped(std::string_view(whole).substr(0, dash)),
                                       stripped(std::string_view(whole).substr(dash + 1))};
        if (all_nodes(parts)) return parts;
    }
    return {};
}

std::string as_list(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "\"" : ", \"") + word + "\"";
    return "[" + out + "]";
}

std::string meant_end(const std::string& name, const NodeList& nodes) {
    const auto is_node = [&](const std::string& word) { return nodes.find(word) != npos; };
    const std::size_t dot = name.find_first_of("./");
    if (dot != std::string::npos && dot + 1 < name.size() && is_node(name.substr(0, dot)))
        return "an interface follows a colon: \"" + name.substr(0, dot) + ":" +
               name.substr(dot + 1) + "\"";
    const std::vector<std::string> ends = nodes_of_link(name, is_node);
    if (ends.size() > 1 && std::all_of(ends.begin(), ends.end(), is_node))
        return "each node is a string of its own: " + as_list(ends);
    return "";
}

bool refuse_keys_among_ends(const Value& list, const NodeList& nodes, Diagnostics& diagnostics) {
    if (list.items.size() < 2) return false;
    const Value& last = list.items.back();
    std::string keys;
    if (last.is(Value::Type::table))
        keys = as_keys(last);
    else if (last.is(Value::Type::string) && nodes.find(last.text) == npos)
        keys = as_key(last.text);
    std::vector<std::string> ends;
    for (std::size_t i = 0; i + 1 < list.items.size(); ++i) {
        if (!list.items[i].is(Value::Type::string)) return false;
        ends.push_back(list.items[i].text);
    }
    if (keys.empty()) return false;
    diagnostics.error("D14", last.where,
                      "what a link is told stands beside its ends, not among them",
                      "{ endpoints = " + as_list(ends) + ", " + keys + " }");
    return true;
}

}  // namespace topology
