// Reading files depth first, so that what is included comes before what includes it (language.md
// §10), and taking one document apart into root, nodes and links.
#include "topology/source.hpp"

#include "topology/document.hpp"
#include "topology/keys.hpp"
#include "topology/written_links.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace topology {
namespace {

constexpr std::size_t most_files = 32;
constexpr std::size_t deepest_include = 8;

bool appended(std::string_view key) {
    return key == "check" || key == "step" || key == "needs" || key == "allow";
}

// Tables by key, scalars and other lists: the later one wins.
void merge(Value& base, Value over, bool top) {
    // A file of 1 MiB may have 70,000 keys: looking through all for each would take a minute.
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < base.members.size(); ++i) places[base.members[i].key] = i;
    for (Member& member : over.members) {
        const auto place = places.find(member.key);
        Member* const found = place == places.end() ? nullptr : &base.members[place->second];
        if (found == nullptr) {
            base.members.push_back(std::move(member));
        } else if (found->value.is(Value::Type::table) && member.value.is(Value::Type::table)) {
            merge(found->value, std::move(member.value), false);
        } else if (top && appended(member.key) && found->value.is(Value::Type::array) &&
                   member.value.is(Value::Type::array)) {
            for (Value& item : member.value.items) found->value.items.push_back(std::move(item));
        } else {
            *found = std::move(member);
        }
    }
}

// What nodes = "h1, h2" should have been.
std::string as_keys_of(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name + " = \"host\"";
    return out + " under [nodes], each on a line of its own";
}

void take_nodes(Member& nodes, Source& source, Diagnostics& diagnostics) {
    if (nodes.value.is(Value::Type::array)) {
        const bool named =
            !nodes.value.items.empty() && nodes.value.items[0].is(Value::Type::string);
        diagnostics.error(
            "D63", nodes.where, "nodes is a table",
            (named ? nodes.value.items[0].text : std::string("h1")) + " = \"host\" under [nodes]");
        return;
    }
    if (!nodes.value.is(Value::Type::table)) {
        const std::vector<std::string> names =
            nodes.value.is(Value::Type::string)
                ? nodes_of_link(nodes.value.text, [](const std::string&) { return false; })
                : std::vector<std::string>();
        if (!names.empty())
            diagnostics.error("D63", nodes.value.where, "nodes is a table", as_keys_of(names));
        else
            diagnostics.error("TYPE", nodes.value.where,
                              "expected a table, found " + std::string(type_name(nodes.value.type)),
                              "[nodes]");
        return;
    }
    for (Member& node : nodes.value.members) {
        // `[nodes]` above `links = …` makes a node called "links".
        const auto& top = file_keys().keys;
        const bool top_key = std::find(top.begin(), top.end(), node.key) != top.end();
        if (node.value.is(Value::Type::array) && top_key) {
            diagnostics.error("D7", node.where,
                              "\"" + node.key + "\" is inside [nodes], so it would be a node",
                              "move it above the [nodes] line");
            continue;
        }
        source.nodes.push_back(std::move(node));
    }
}

// What links = ["h1","r1"] and links = ["h1 -> r1"] should have been.
std::string lists_of(const std::vector<Value>& items, const Value* nodes) {
    const auto is_node = [&](const std::string& word) {
        return nodes != nullptr && nodes->is(Value::Type::table) && nodes->find(word) != nullptr;
    };
    std::string flat, nested;
    bool all = true;
    for (const Value& item : items) {
        if (!item.is(Value::Type::string)) continue;
        flat += (flat.empty() ? "\"" : ",\"") + item.text + "\"";
        const std::vector<std::string> ends = nodes_of_link(item.text, is_node);
        all = all && !ends.empty();
        nested += (nested.empty() ? "" : ", ") + as_list(ends);
    }
    if (flat.empty()) return "";
    return all ? "links = [" + nested + "]" : "links = [[" + flat + "]]";
}

std::string one_link(const Value& value, const Value* nodes) {
    const std::string better =
        value.is(Value::Type::string) ? lists_of({value}, nodes) : std::string();
    return better.starts_with("links = [[\"") && better.find("\", \"") != std::string::npos
               ? better
               : "links = [[\"h1\",\"r1\"]]";
}

void take_links(const Member& links, const Value* nodes, Source& source, Diagnostics& diagnostics) {
    const bool is_long = links.key == "link";
    if (!links.value.is(Value::Type::array)) {
        diagnostics.error(is_long ? "TYPE" : "D6", links.value.where,
                          is_long ? "link is a list of tables" : "each link is a list of its own",
                          is_long ? "[[link]]" : one_link(links.value, nodes));
        return;
    }
    if (const std::string better = lists_of(links.value.items, nodes); !better.empty() && !is_long)
        diagnostics.error("D6", links.value.where, "each link is a list of its own", better);
    for (const Value& item : links.value.items) {
        if (item.is(Value::Type::table) || (!is_long && item.is(Value::Type::array)))
            source.links.push_back(item);
        else if (!item.is(Value::Type::string) || is_long)
            diagnostics.error("TYPE", item.where,
                              std::string("a link is a list or a table, found ") +
                                  std::string(type_name(item.type)));
    }
}

Source take_apart(Value root, Diagnostics& diagnostics) {
    refuse_unknown_keys(root, file_keys(), diagnostics);
    Source source;
    for (const Member& member : root.members)
        if (member.key == "links" || member.key == "link")
            take_links(member, root.find("nodes"), source, diagnostics);
    for (Member& member : root.members)
        if (member.key == "nodes") take_nodes(member, source, diagnostics);
    std::stable_sort(source.links.begin(), source.links.end(), [](const Value& a, const Value& b) {
        return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
    });
    std::erase_if(root.members, [](const Member& m) {
        return m.key == "nodes" || m.key == "links" || m.key == "link";
    });
    source.root = std::move(root);
    return source;
}

class Loader {
  public:
    Loader(Files& files, Sources& sources, Diagnostics& diagnostics)
        : x_files(files), x_sources(sources), x_diagnostics(diagnostics) {}

    // Adds `path` and what it includes to the result; false when it cannot be used.
    bool add(const std::string& path, const Where& said) {
        if (x_sources.size() >= most_files) {
            x_diagnostics.error("LIMIT", said, "a lab has at most 32 files");
            return false;
        }
        const std::optional<Files::Entry> entry = x_files.read(path);
        const std::uint32_t file = static_cast<std::uint32_t>(x_sources.size());
        if (!entry) {
            missing(path, said);
            return false;
        }
        x_sources.push_back({path, entry->content});
        x_seen.insert(path);
        std::optional<Value> root = parse_document(entry->content, file, x_diagnostics);
        if (!root) return false;
        x_stack.push_back(path);
        include(*root, path);
        x_stack.pop_back();
        Source own = take_apart(std::move(*root), x_diagnostics);
        merge(x_result.root, std::move(own.root), true);
        std::move(own.nodes.begin(), own.nodes.end(), std::back_inserter(x_result.nodes));
        std::move(own.links.begin(), own.links.end(), std::back_inserter(x_result.links));
        return true;
    }

    Source result() { return std::move(x_result); }

  private:
    void include(const Value& root, const std::string& path) {
        const Value* list = root.find("include");
        if (list == nullptr) return;
        if (!list->is(Value::Type::array)) {
            x_diagnostics.error(
                "TYPE", list->where, "expected a list, found " + std::string(type_name(list->type)),
                list->is(Value::Type::string) ? "include = [\"" + list->text + "\"]" : "");
            return;
        }
        for (const Value& item : list->items) {
            if (!item.is(Value::Type::string)) {
                x_diagnostics.error(
                    "TYPE", item.where,
                    "expected a string, found " + std::string(type_name(item.type)));
                continue;
            }
            include_one(item, path);
        }
    }

    void include_one(const Value& item, const std::string& from) {
        const std::optional<std::string> path = join_path(folder_of(from), item.text);
        if (!path) {
            x_diagnostics.error("D4", item.where,
                                "\"" + item.text + "\" leaves the topology's directory",
                                "paths stay below the first file");
            return;
        }
        if (std::find(x_stack.begin(), x_stack.end(), *path) != x_stack.end()) {
            x_diagnostics.error("D4", item.where,
                                "\"" + from + "\" includes \"" + *path + "\" again",
                                "remove it: a file is taken once");
            return;
        }
        if (x_seen.count(*path) != 0) return;  // once each
        if (x_stack.size() > deepest_include) {
            x_diagnostics.error("LIMIT", item.where, "includes nest at most 8 deep");
            return;
        }
        (void)add(*path, item.where);  // what is wrong with it has been said
    }

    void missing(const std::string& path, const Where& said) {
        const std::string folder = folder_of(path);
        if (said.line == 0) {
            x_sources.push_back({path, ""});
            x_diagnostics.error("D3", said, "cannot read \"" + path + "\"");
            return;
        }
        x_diagnostics.error("D3", said, "cannot read \"" + path + "\"",
                            folder.empty() ? "looked beside this file"
                                           : "looked in " + folder + "/ (beside this file)");
    }

    Files& x_files;
    Sources& x_sources;
    Diagnostics& x_diagnostics;
    Source x_result;
    std::vector<std::string> x_stack;
    std::set<std::string> x_seen;
};

}  // namespace

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::optional<std::string> join_path(const std::string& folder, const std::string& path) {
    if (path.empty() || path.front() == '/' || path.find('\0') != std::string::npos)
        return std::nullopt;
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin <= path.size()) {
        std::size_t end = path.find('/', begin);
        if (end == std::string::npos) end = path.size();
        const std::string part = path.substr(begin, end - begin);
        if (part == "..") {
            if (parts.empty()) return std::nullopt;
            parts.pop_back();
        } else if (!part.empty() && part != ".") {
            parts.push_back(part);
        }
        begin = end + 1;
    }
    std::string result = folder;
    for (const std::string& part : parts) result += (result.empty() ? "" : "/") + part;
    if (parts.empty()) return std::nullopt;
    return result;
}

std::optional<Source> load(Files& files, const std::string& main, Sources& sources,
                           Diagnostics& diagnostics) {
    Loader loader(files, sources, diagnostics);
    if (!loader.add(main, Where{0, 0, 0, 1})) return std::nullopt;
    return loader.result();
}

}  // namespace topology
