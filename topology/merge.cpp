// language.md §4.3: scalars: the last wins; tables: by key; lists: appended; `false` drops what was
// inherited.
#include "topology/merge.hpp"

#include "topology/keys.hpp"

#include <algorithm>
#include <array>

namespace topology {
namespace {

bool appends(std::string_view key) {
    constexpr std::array<std::string_view, 6> lists{"run",      "exec", "routes",
                                                    "announce", "dns",  "labels"};
    return std::find(lists.begin(), lists.end(), key) != lists.end();
}

bool by_key(std::string_view key) {
    constexpr std::array<std::string_view, 5> tables{"env", "sysctl", "files", "labels",
                                                     "interfaces"};
    return std::find(tables.begin(), tables.end(), key) != tables.end();
}

bool dropped_by_false(std::string_view key) {
    constexpr std::array<std::string_view, 11> others{
        "vrfs", "svi",    "masquerade", "forward", "wait-for", "namespaces",
        "cpu",  "memory", "pids",       "root",    "clock"};
    return appends(key) || by_key(key) ||
           std::find(others.begin(), others.end(), key) != others.end();
}

// Where late references may stand (language.md §3).
Late late_in(std::string_view key, const Value& value) {
    constexpr std::array<std::string_view, 6> always{"exec", "run", "env", "routes", "dns", "frr"};
    if (std::find(always.begin(), always.end(), key) != always.end()) return Late::allowed;
    // A ruleset may hold them, the path of a file that holds one may not.
    const bool text = value.is(Value::Type::string) && value.text.find('\n') != std::string::npos;
    return key == "nft" && text ? Late::allowed : Late::refused;
}

// `files`: inline text may hold late references, paths may not.
Value work_out_files(const Value& files, const Names& names, Context& context) {
    Value result = files;
    for (Member& member : result.members) {
        Value one = Value::table(member.where);
        const bool text = member.value.is(Value::Type::string) &&
                          member.value.text.find('\n') != std::string::npos;
        if (member.value.is(Value::Type::table)) {
            for (const Member& part : member.value.members) {
                Member copy = part;
                copy.value = context.interpolator.value(
                    part.value, names, part.key == "text" ? Late::allowed : Late::refused);
                one.members.push_back(std::move(copy));
            }
            one.where = member.value.where;
        } else {
            one = context.interpolator.value(member.value, names,
                                             text ? Late::allowed : Late::refused);
        }
        if (has_expression(member.key))
            member.key = context.interpolator.text(member.key, member.where, names, Late::refused)
                             .value_or("");
        member.value = std::move(one);
    }
    return result;
}

void merge_tables(Value& base, Value over, bool deep) {
    for (Member& member : over.members) {
        const auto found = std::find_if(base.members.begin(), base.members.end(),
                                        [&](const Member& m) { return m.key == member.key; });
        if (member.value.is_false() && !deep)
            remove(base, member.key);
        else if (deep && found != base.members.end() && found->value.is(Value::Type::table) &&
                 member.value.is(Value::Type::table))
            merge_tables(found->value, std::move(member.value), true);
        else
            put(base, std::move(member));
    }
}

class Merger {
  public:
    Merger(const NodeSeed& seed, bool has_svi, Context& context)
        : x_seed(seed), x_has_svi(has_svi), x_context(context), x_names(node_names(seed, context)) {
        x_result.where = seed.where;
    }

    void add(const Value& layer, bool defaults) {
        if (!defaults) ++x_layer;
        for (const Member& member : layer.members) {
            if (member.key == "extends" || member.key == "kind") continue;
            // What is no key at all has been told.
            const auto& known = node_keys().keys;
            const bool free = is_free_key(member.key);
            if (!free && std::find(known.begin(), known.end(), member.key) == known.end()) continue;
            std::string_view code;
            const std::string trouble = key_trouble(x_seed.chain.kind, x_has_svi, member.key, code);
            if (!trouble.empty() && !member.value.is_false()) {
                if (!defaults)
                    x_context.diagnostics.error(code, member.where, trouble,
                                                code == "D45" ? "kind = \"router\"" : "");
                continue;
            }
            add(member);
        }
    }

    Value result() { return std::move(x_result); }

  private:
    void add(const Member& member) {
        const std::string& key = member.key;
        if (member.value.is_false() && dropped_by_false(key)) {
            remove(x_result, key);
            return;
        }
        Member over;
        over.key = key;
        over.where = member.where;
        over.value =
            key == "files" && member.value.is(Value::Type::table)
                ? work_out_files(member.value, x_names, x_context)
                : x_context.interpolator.value(member.value, x_names, late_in(key, member.value));
        over.value.layer = x_layer;
        for (Value& item : over.value.items) item.layer = x_layer;
        const auto found = std::find_if(x_result.members.begin(), x_result.members.end(),
                                        [&](const Member& m) { return m.key == key; });
        if (found == x_result.members.end()) {
            x_result.members.push_back(std::move(over));
        } else if (appends(key) && found->value.is(Value::Type::array) &&
                   over.value.is(Value::Type::array)) {
            std::move(over.value.items.begin(), over.value.items.end(),
                      std::back_inserter(found->value.items));
        } else if (by_key(key) && found->value.is(Value::Type::table) &&
                   over.value.is(Value::Type::table)) {
            merge_tables(found->value, std::move(over.value),
                         key == "sysctl" || key == "interfaces");
        } else {
            *found = std::move(over);
        }
    }

    const NodeSeed& x_seed;
    const bool x_has_svi;
    Context& x_context;
    Names x_names;
    Value x_result;
    std::uint32_t x_layer = 0;  // of the defaults
};

}  // namespace

Value merge_layers(const NodeSeed& seed, const Value* defaults, Context& context) {
    std::vector<const Value*> layers(seed.chain.tables.begin(), seed.chain.tables.end());
    for (const Member* entry : seed.entries)
        if (entry->value.is(Value::Type::table)) layers.push_back(&entry->value);
    const bool has_svi = std::any_of(layers.begin(), layers.end(), [](const Value* layer) {
        const Value* svi = layer->find("svi");
        return svi != nullptr && !svi->is_false();
    });
    Merger merger(seed, has_svi, context);
    if (defaults != nullptr && defaults->is(Value::Type::table)) merger.add(*defaults, true);
    for (const Value* layer : layers) merger.add(*layer, false);
    return merger.result();
}

}  // namespace topology
