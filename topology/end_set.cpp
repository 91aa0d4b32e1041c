// See end_set.hpp. Only the set itself is worked out here; what follows it waits for the link.
#include "topology/end_set.hpp"

#include "topology/node_set.hpp"
#include "topology/written_links.hpp"

#include <algorithm>

namespace topology {
namespace {

// Where the set of an end stops: the first ":" or space outside of ${…} and […].
std::size_t end_of_set(std::string_view text) {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '[' || c == '{') ++depth;
        if ((c == ']' || c == '}') && depth > 0) --depth;
        if (depth == 0 && (c == ':' || c == ' ')) return i;
    }
    return text.size();
}

}  // namespace

void add_end(std::vector<PlannedEnd>& ends, PlannedEnd end) {
    const bool known = std::any_of(ends.begin(), ends.end(), [&](const PlannedEnd& e) {
        return e.node == end.node && e.rest.text == end.rest.text;
    });
    if (!known) ends.push_back(std::move(end));
}

EndSet read_end_set(const Value& value, const Names& names, const NodeList& nodes,
                    Context& context) {
    EndSet set;
    set.where = value.where;
    if (value.is(Value::Type::array)) {
        for (const Value& item : value.items) {
            if (item.is(Value::Type::array)) {
                context.reader.wrong_type(item, "a string");
                set.failed = true;
                continue;
            }
            EndSet part = read_end_set(item, names, nodes, context);
            set.failed = set.failed || part.failed;
            set.from_variable = set.from_variable || part.from_variable;
            set.text += (set.text.empty() ? "" : ", ") + part.text;
            for (PlannedEnd& end : part.ends) add_end(set.ends, std::move(end));
        }
        return set;
    }
    if (!value.is(Value::Type::string)) {
        context.reader.wrong_type(value, "a node or a set of nodes");
        set.failed = true;
        return set;
    }
    const std::size_t blanks = std::min(value.text.find_first_not_of(' '), value.text.size());
    const std::size_t cut = blanks + end_of_set(std::string_view(value.text).substr(blanks));
    Value name = value;
    name.text = value.text.substr(blanks, cut - blanks);
    if (name.text_line != 0) name.text_column += static_cast<std::uint32_t>(blanks);
    if (name.text.empty()) {
        context.diagnostics.error("D14", value.where, "an end without a node",
                                  "\"r1\" or \"r1:wan\"");
        set.failed = true;
        return set;
    }
    // "h1, r1"
    if (const auto ends = name.text.back() == ','
                              ? nodes_of_link(value.text, [](const std::string&) { return false; })
                              : std::vector<std::string>();
        !ends.empty()) {
        context.diagnostics.error("D14", value.where, "two ends in one string", as_list(ends));
        set.failed = true;
        return set;
    }
    set.from_variable = has_expression(name.text);
    const std::optional<std::string> text = context.interpolator.text(name, names, Late::refused);
    std::optional<std::vector<SetMember>> members;
    if (text) {
        set.text = *text;
        members =
            find_nodes(*text, value.where, set.from_variable, nodes, "a link", context.diagnostics);
    }
    set.failed = !members;
    if (set.failed) return set;
    Value rest = value;
    rest.text.erase(0, cut);
    if (rest.text_line != 0) rest.text_column += static_cast<std::uint32_t>(cut);
    for (SetMember& member : *members)
        set.ends.push_back({member.node, std::move(member.item), rest, value.where});
    return set;
}

}  // namespace topology
