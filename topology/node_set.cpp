// See node_set.hpp.
#include "topology/node_set.hpp"

#include "topology/names.hpp"
#include "topology/range.hpp"
#include "topology/suggest.hpp"
#include "topology/written_links.hpp"

#include <algorithm>

namespace topology {
namespace {

SetMember member(const NodeList& nodes, std::size_t node, const std::vector<std::string>& items) {
    const std::vector<std::string>& own = nodes.seeds[node].items;
    return {node, !items.empty() ? items[0] : own.empty() ? std::string() : own[0]};
}

void empty_set(const std::string& text, const Where& where, Diagnostics& diagnostics) {
    diagnostics.error("D29", where, "\"" + text + "\" names no node",
                      "a set may be empty only where a variable makes it so");
}

std::optional<std::vector<SetMember>> find_range(const std::string& text, const Pattern& pattern,
                                                 const Where& where, const NodeList& nodes,
                                                 Diagnostics& diagnostics) {
    std::vector<SetMember> result;
    std::vector<std::string> missing;
    for (const Named& named : expand(pattern)) {
        const std::size_t node = nodes.find(named.name);
        if (node == npos)
            missing.push_back(named.name);
        else
            result.push_back(member(nodes, node, named.items));
    }
    if (missing.empty()) return result;
    std::string any;
    for (std::size_t r = 0; r < pattern.literals.size(); ++r)
        any += pattern.literals[r] + (r < pattern.ranges.size() ? "[*]" : "");
    diagnostics.error("D29", where,
                      "\"" + text + "\" names " + join(missing, 4) + ", which " +
                          (missing.size() == 1 ? "does" : "do") + " not exist",
                      any + " takes those that do");
    return std::nullopt;
}

}  // namespace

void unknown_node(const std::string& name, const Where& where, std::string_view what,
                  const NodeList& nodes, Diagnostics& diagnostics) {
    std::string hint = meant_end(name, nodes);
    if (hint.empty()) hint = did_you_mean_name(name, nodes.names());
    if (hint.empty() && is_name(name)) hint = "add " + name + " = \"host\" under [nodes]";
    diagnostics.error("D14", where, "unknown node \"" + name + "\" in " + std::string(what), hint);
}

std::optional<std::vector<SetMember>> find_nodes(const std::string& text, const Where& where,
                                                 bool from_variable, const NodeList& nodes,
                                                 std::string_view what, Diagnostics& diagnostics) {
    std::vector<SetMember> result;
    if (text.find('[') == std::string::npos && text.find(']') == std::string::npos) {
        const std::size_t node = nodes.find(text);
        const bool star = text.find('*') != std::string::npos;
        if (node != npos) {
            result.push_back(member(nodes, node, {}));
        } else if (text == "all" || star || (text.size() > 1 && text[0] == '@')) {
            for (std::size_t n = 0; n < nodes.seeds.size(); ++n) {
                const NodeSeed& seed = nodes.seeds[n];
                const auto& kinds = seed.chain.names;
                const bool in = text == "all" || (star ? glob(text, seed.name)
                                                       : std::find(kinds.begin(), kinds.end(),
                                                                   text.substr(1)) != kinds.end());
                if (in) result.push_back(member(nodes, n, {}));
            }
            if (result.empty() && !from_variable) {
                empty_set(text, where, diagnostics);
                return std::nullopt;
            }
        } else {
            unknown_node(text, where, what, nodes, diagnostics);
            return std::nullopt;
        }
        return result;
    }
    const std::optional<Pattern> pattern = parse_pattern(text, where, diagnostics);
    if (!pattern) return std::nullopt;
    if (!pattern->any()) {
        std::optional<std::vector<SetMember>> found =
            find_range(text, *pattern, where, nodes, diagnostics);
        if (found && found->empty() && !from_variable) {
            empty_set(text, where, diagnostics);
            return std::nullopt;
        }
        return found;
    }
    for (std::size_t n = 0; n < nodes.seeds.size(); ++n)
        if (const auto items = match(*pattern, nodes.seeds[n].name))
            result.push_back(member(nodes, n, *items));
    const bool emptied = std::find(nodes.emptied.begin(), nodes.emptied.end(),
                                   pattern->literals[0]) != nodes.emptied.end();
    if (result.empty() && !from_variable && !emptied) {
        empty_set(text, where, diagnostics);
        return std::nullopt;
    }
    return result;
}

}  // namespace topology
