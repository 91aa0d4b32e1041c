// From files to a lab in which every node, link and interface is listed. Phase one of the language:
// nothing here knows what addresses or segments will be.
#include "topology/addressing_keys.hpp"
#include "topology/checks.hpp"
#include "topology/context.hpp"
#include "topology/isolation.hpp"
#include "topology/keys.hpp"
#include "topology/links.hpp"
#include "topology/masquerade.hpp"
#include "topology/merge.hpp"
#include "topology/names.hpp"
#include "topology/node_files.hpp"
#include "topology/node_list.hpp"
#include "topology/node_reader.hpp"
#include "topology/sharing.hpp"
#include "topology/source.hpp"
#include "topology/stages.hpp"
#include "topology/sysctl.hpp"
#include "topology/uplink.hpp"
#include "topology/variables.hpp"
#include "topology/vlan_keys.hpp"
#include "topology/wait.hpp"

#include <algorithm>

namespace topology {
namespace {

// The name that a lab has when its file says none: "clos" for clos.lab.toml, the folder's for
// lab.toml.
std::string default_name(const std::string& main, const ResolveOptions& options) {
    if (!options.nameless.empty()) return options.nameless;
    const std::string folder = folder_of(main);
    std::string base = folder.empty() ? main : main.substr(folder.size() + 1);
    for (const std::string_view suffix : {".toml", ".lab"})
        if (base.size() > suffix.size() &&
            base.compare(base.size() - suffix.size(), suffix.size(), suffix) == 0)
            base.resize(base.size() - suffix.size());
    if (base != "lab") return base;
    if (folder.empty()) return options.folder;
    const std::size_t slash = folder.rfind('/');
    return slash == std::string::npos ? folder : folder.substr(slash + 1);
}

// The name as a Value: variables may use it and it may use variables.
Value name_value(const Value& root, const std::string& main, const ResolveOptions& options,
                 Diagnostics& diagnostics) {
    if (options.name) {
        Value value;  // not a string: --name is taken as it is, without ${…}
        value.type = Value::Type::date;
        value.text = *options.name;
        value.where = Where{0, 0, 0, 1};
        return value;
    }
    if (const Value* written = root.find("name"))
        if (Reader(diagnostics).string(*written)) return *written;
    Value value;
    value.type = Value::Type::date;
    value.text = default_name(main, options);
    value.where = Where{0, 0, 0, 1};
    return value;
}

void check_lab_name(const std::string& name, const Where& where, Diagnostics& diagnostics) {
    if (is_name(name)) return;
    if (name.size() > 32 && is_name(name.substr(0, 31) + "x")) {
        diagnostics.error("D2", where, "a lab name has at most 32 bytes", "shorten it");
        return;
    }
    const std::string better = make_name(name);
    std::string hint = better.empty() ? "name = \"…\"" : "try \"" + better + "\"";
    if (where.line == 0 && !better.empty()) hint = "name = \"" + better + "\" in the file";
    diagnostics.error(
        "D2", where,
        name.empty() ? "the lab has no name" : "a lab name has a–z, 0–9, \"-\" and \"_\" only",
        hint);
}

std::uint64_t hash(const std::string& text) {  // FNV-1a
    std::uint64_t value = 14695981039346656037ULL;
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return value;
}

void read_file_keys(const Value& root, Lab& lab, Context& context) {
    const auto value = [&](const char* key) -> std::optional<Value> {
        const Value* written = root.find(key);
        if (written == nullptr) return std::nullopt;
        return context.interpolator.value(*written, context.names, Late::refused);
    };
    const Reader& reader = context.reader;
    if (const auto description = value("description"))
        lab.description = reader.string(*description).value_or("");
    if (const auto needs = value("needs")) lab.needs = reader.texts("needs", *needs);
    if (const auto names = value("names")) lab.names = reader.boolean(*names).value_or(true);
    if (const auto level = value("level")) {
        lab.level = read_level(*level, context).value_or(Level::lab);
        lab.level_where = level->where;
    }
    if (const auto group = value("group")) read_group(*group, lab, reader);
    if (const auto allow = value("allow")) read_allow(*allow, lab, reader);
    lab.seed = hash(lab.name);
    if (const auto seed = value("seed"))
        lab.seed =
            static_cast<std::uint64_t>(reader.integer("seed", *seed, 0, INT64_MAX).value_or(0));
}

// The tables of [defaults]; what stands in them is read where it is used.
void check_defaults(const Value& root, Context& context) {
    const Value* defaults = root.find("defaults");
    if (defaults == nullptr || !context.reader.table(*defaults, "[defaults]")) return;
    refuse_unknown_keys(*defaults, defaults_keys(), context.diagnostics);
    for (const Member& member : defaults->members) {
        const bool known = member.key == "node" || member.key == "link" || member.key == "check";
        if (!known || !context.reader.table(member.value, "[defaults." + member.key + "]"))
            continue;
        refuse_unknown_keys(member.value,
                            member.key == "node"   ? node_keys()
                            : member.key == "link" ? link_default_keys()
                                                   : check_keys(),
                            context.diagnostics);
    }
}

const Value* node_defaults(const Value& root) {
    const Value* defaults = root.find("defaults");
    return defaults == nullptr ? nullptr : defaults->find("node");
}

}  // namespace

Lab expand(Files& files, const std::string& main, const ResolveOptions& options, Sources& sources,
           Diagnostics& diagnostics, Numbering& running) {
    Lab lab;
    Context context(files, options, sources, diagnostics, main, running);

    // The file and what it includes.
    const std::optional<Source> source = load(files, main, sources, diagnostics);
    if (!source) return lab;
    const Value& root = source->root;

    // Names: the lab's and those of variables, which may use each other.
    const Value name = name_value(root, main, options, diagnostics);
    Variables variables = evaluate_variables(root, name, options.set, diagnostics);
    context.names = std::move(variables.names);
    lab.matrix = std::move(variables.matrix);
    if (const std::string* text = context.names.find("lab")) lab.name = *text;
    // A name that could not be worked out has been told already.
    if (!lab.name.empty() || !has_expression(name.text))
        check_lab_name(lab.name, name.where, diagnostics);
    read_file_keys(root, lab, context);
    check_defaults(root, context);
    lab.addressing = context.addressing = read_addressing(root, context);

    // Which nodes there are. From here on `${h1.ipv4}` is known to speak of a node.
    const Kinds kinds(root, diagnostics);
    const NodeList nodes = list_nodes(*source, kinds, context);
    context.interpolator.is_node = [&](std::string_view word) {
        return nodes.find(std::string(word)) != npos;
    };
    if (source->nodes.empty() && !diagnostics.failed())
        diagnostics.error("D63", Where{0, 0, 0, 1}, "a lab needs at least one node",
                          "h1 = \"host\" under [nodes]");
    lab.vlans = context.vlans = read_vlans(root, nodes, context);

    // What each of them says, all layers together.
    std::vector<Value> merged;
    NodeFiles node_files(context);
    for (const NodeSeed& seed : nodes.seeds) {
        merged.push_back(merge_layers(seed, node_defaults(root), context));
        lab.nodes.push_back(read_node(seed, merged.back(), nodes, node_files, context));
    }

    // Links, interfaces, and what they are told.
    make_links(*source, nodes, merged, lab, context);
    check_waiting(lab, diagnostics);
    check_sysctl_interfaces(lab, diagnostics);
    check_masquerade(lab, diagnostics);
    check_outside(lab, diagnostics);
    warn_of_open_nodes(lab, diagnostics);
    read_checks(root, nodes, lab, context);
    context.notices.report(diagnostics);
    diagnostics.sort();
    return lab;
}

}  // namespace topology
