// See node_list.hpp. A plain name refines a range wherever it stands; two ranges must not meet.
#include "topology/node_list.hpp"

#include "topology/keys.hpp"
#include "topology/names.hpp"
#include "topology/range.hpp"
#include "topology/suggest.hpp"
#include "topology/written_links.hpp"

#include <algorithm>
#include <set>

namespace topology {
namespace {

constexpr std::size_t most_nodes = 10'000;

bool check_name(const std::string& name, const Where& where, Context& context) {
    if (is_reserved_node_name(name)) {
        context.diagnostics.error("D10", where, "\"" + name + "\" is a reserved name",
                                  "choose another name for this node");
        return false;
    }
    if (is_name(name)) return true;
    const std::string better = make_name(name);
    const bool upper =
        std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    const std::size_t many = name.find_first_of("*{");
    if (many != std::string::npos && many > 0 && is_name(name.substr(0, many))) {
        const std::size_t close = name[many] == '{' ? name.find('}', many) : std::string::npos;
        const std::string items =
            close == std::string::npos ? "1-3" : name.substr(many + 1, close - many - 1);
        context.diagnostics.error(
            "D10", where, "a node name has a–z, 0–9, \"-\" and \"_\" only",
            "many nodes are a range: \"" + name.substr(0, many) + "[" + items + "]\"");
        return false;
    }
    if (const auto names = nodes_of_link(name, [](const std::string&) { return false; });
        name.find(',') != std::string::npos && !names.empty()) {
        std::string each;
        for (const std::string& one : names) each += (each.empty() ? "" : ", ") + one + " = …";
        context.diagnostics.error("D10", where, "several nodes in one name",
                                  "each is a key of its own: " + each);
        return false;
    }
    const std::string hint = "\"" + better + "\"; use label = \"" + name + "\" to show it";
    if (name.size() > 32)
        context.diagnostics.error("D10", where,
                                  "a node name has at most 32 bytes, \"" + name + "\" has " +
                                      std::to_string(name.size()));
    else if (upper)
        context.diagnostics.error("D10", where, "node names are lower case", hint);
    else
        context.diagnostics.error("D10", where, "a node name has a–z, 0–9, \"-\" and \"_\" only",
                                  better.empty() ? "" : hint);
    return false;
}

bool check_entry(const Member& entry, Context& context) {
    if (entry.value.is(Value::Type::string)) return true;
    if (entry.value.is(Value::Type::table)) {
        const Value* extends = entry.value.find("extends");
        const Value* kind = entry.value.find("kind");
        const bool outside =
            kind != nullptr && kind->is(Value::Type::string) && kind->text == "external";
        if (const Member* device = entry.value.member("interface"); outside && device != nullptr) {
            Value rest = entry.value;
            remove(rest, "interface");
            refuse_unknown_keys(rest, node_keys(), context.diagnostics);
            context.diagnostics.error("D1", device->where, "unknown key \"interface\" in a node",
                                      "device = \"" + written(device->value) + "\"");
        } else if (extends == nullptr) {
            refuse_unknown_keys(entry.value, node_keys(), context.diagnostics);
        } else {
            Value rest = entry.value;
            remove(rest, "extends");
            refuse_unknown_keys(rest, node_keys(), context.diagnostics);
            context.diagnostics.error("D1", entry.value.member("extends")->where,
                                      "unknown key \"extends\" in a node",
                                      "kind = \"" + written(*extends) + "\"; only kinds extend");
        }
        return true;
    }
    context.diagnostics.error(
        "TYPE", entry.value.where,
        "a node is a kind or a table, found " + std::string(type_name(entry.value.type)),
        entry.key + " = \"host\"");
    return false;
}

// Names that a range defines although another range has: D9, all in one sentence.
class Overlaps {
  public:
    void add(const std::string& name, const Member& first) {
        if (x_names.empty()) x_first = first.where;
        x_names.push_back(name);
    }
    void report(const Member& entry, const std::string& key, Diagnostics& diagnostics) const {
        if (x_names.empty()) return;
        diagnostics.error("D9", entry.where,
                          "\"" + key + "\" defines " + join(x_names, 4) + " again (first at line " +
                              std::to_string(x_first.line) + ")",
                          "a plain name may refine a range, a range may not");
    }

  private:
    std::vector<std::string> x_names;
    Where x_first;
};

class Lister {
  public:
    explicit Lister(Context& context) : x_context(context) {}

    void add(const Member& entry) {
        const bool usable = check_entry(entry, x_context);
        const std::optional<std::string> key =
            has_expression(entry.key) ? x_context.interpolator.text(entry.key, entry.where,
                                                                    x_context.names, Late::refused)
                                      : entry.key;
        if (!key) return;
        const std::optional<Pattern> pattern =
            parse_pattern(*key, entry.where, x_context.diagnostics);
        if (!pattern) return;
        if (pattern->any()) {
            x_context.diagnostics.error("D27", entry.where,
                                        "\"" + *key + "\" does not say which nodes there are",
                                        "[1-3] makes nodes; [*] picks from those that exist");
            return;
        }
        if (pattern->empty() && has_expression(entry.key))
            list.emptied.push_back(pattern->literals[0]);
        Overlaps overlaps;
        for (Named& named : expand(*pattern)) {
            if (!check_name(named.name, entry.where, x_context)) return;
            if (list.seeds.size() >= most_nodes) {
                if (!x_full)
                    x_context.diagnostics.error("LIMIT", entry.where,
                                                "a lab has at most 10,000 nodes");
                x_full = true;
                return;
            }
            add_node(named, entry, *pattern, usable, overlaps);
        }
        overlaps.report(entry, *key, x_context.diagnostics);
    }

    NodeList list;

  private:
    void add_node(Named& named, const Member& entry, const Pattern& pattern, bool usable,
                  Overlaps& overlaps) {
        std::size_t at = list.find(named.name);
        if (at == npos) {
            NodeSeed seed;
            seed.name = named.name;
            seed.where = entry.where;
            at = list.add(std::move(seed));
        }
        NodeSeed& seed = list.seeds[at];
        if (!pattern.plain()) {
            const auto range = x_ranges.find(named.name);
            // The same key in two files is one range said twice: merged like any node.
            if (range != x_ranges.end() && range->second->key != entry.key)
                overlaps.add(named.name, *range->second);
            x_ranges.emplace(named.name, &entry);
            if (seed.items.empty()) seed.items = std::move(named.items);
        }
        if (!usable) return;
        const auto plain = [&](const Member* m) { return x_plain.count(m) != 0; };
        if (pattern.plain()) {
            x_plain.insert(&entry);
            seed.entries.push_back(&entry);
        } else {
            seed.entries.insert(std::find_if(seed.entries.begin(), seed.entries.end(), plain),
                                &entry);
        }
    }

    Context& x_context;
    std::unordered_map<std::string, const Member*> x_ranges;  // node → the range that made it
    std::set<const Member*> x_plain;
    bool x_full = false;
};

// The highest layer that names a kind says it; `kind` in [defaults.node] is the lowest.
void find_kind(NodeSeed& seed, const Kinds& kinds, const Value* defaults, Context& context) {
    const Value* said = defaults == nullptr ? nullptr : defaults->find("kind");
    for (const Member* entry : seed.entries) {
        if (entry->value.is(Value::Type::string))
            said = &entry->value;
        else if (const Value* kind = entry->value.find("kind"))
            said = kind;
    }
    seed.kind_name = "host";
    if (said != nullptr) {
        const std::optional<std::string> written = context.reader.string(*said);
        if (!written)
            said = nullptr;
        else if (has_expression(*written))
            seed.kind_name =
                context.interpolator.text(*said, node_names(seed, context), Late::refused)
                    .value_or("host");
        else
            seed.kind_name = *written;
    }
    const Where where = said == nullptr ? seed.where : said->where;
    std::optional<Kinds::Chain> chain = kinds.find(seed.kind_name, where);
    if (!chain) {
        // Any kind will do to find the other mistakes; a router forgives the most keys.
        seed.chain.kind = Kind::router;
        seed.chain.names = {seed.kind_name};
        return;
    }
    seed.chain = std::move(*chain);
}

}  // namespace

std::size_t NodeList::find(const std::string& name) const {
    const auto found = x_index.find(name);
    return found == x_index.end() ? npos : found->second;
}

std::size_t NodeList::add(NodeSeed seed) {
    x_index.emplace(seed.name, seeds.size());
    seeds.push_back(std::move(seed));
    return seeds.size() - 1;
}

std::vector<std::string> NodeList::names() const {
    std::vector<std::string> result;
    result.reserve(seeds.size());
    for (const NodeSeed& seed : seeds) result.push_back(seed.name);
    return result;
}

Names node_names(const NodeSeed& seed, const Context& context) {
    Names names(&context.names);
    names.set("name", seed.name);
    const char* const letters[] = {"i", "j", "k"};
    for (std::size_t r = 0; r < seed.items.size() && r < 3; ++r)
        names.set(letters[r], seed.items[r]);
    return names;
}

NodeList list_nodes(const Source& source, const Kinds& kinds, Context& context) {
    Lister lister(context);
    for (const Member& entry : source.nodes) lister.add(entry);
    NodeList list = std::move(lister.list);
    const Value* defaults = source.root.find("defaults");
    const Value* node = defaults == nullptr ? nullptr : defaults->find("node");
    for (NodeSeed& seed : list.seeds) find_kind(seed, kinds, node, context);
    return list;
}

}  // namespace topology
