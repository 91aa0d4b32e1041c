// See node_files.hpp. Paths are relative to the file that says them and stay below the first one.
#include "topology/node_files.hpp"

#include "topology/keys.hpp"
#include "topology/names.hpp"
#include "topology/source.hpp"

#include <algorithm>
#include <array>

namespace topology {
namespace {

constexpr std::size_t most_node_bytes = 16 << 20;
constexpr std::size_t most_lab_bytes = 64 << 20;

std::string base_name(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

// NODE/ beside lab.toml, NAME/NODE/ beside NAME.lab.toml.
std::string default_overlay(const std::string& main, const std::string& node) {
    std::string folder = folder_of(main);
    std::string stem = base_name(main);
    for (const std::string_view suffix : {".toml", ".lab"})
        if (stem.size() > suffix.size() &&
            stem.compare(stem.size() - suffix.size(), suffix.size(), suffix) == 0)
            stem.resize(stem.size() - suffix.size());
    if (stem != "lab") folder += (folder.empty() ? "" : "/") + stem;
    return folder + (folder.empty() ? "" : "/") + node;
}

std::optional<std::uint32_t> parse_mode(std::string_view text) {
    if (text.empty() || text.size() > 5) return std::nullopt;
    std::uint32_t mode = 0;
    for (const char c : text) {
        if (c < '0' || c > '7') return std::nullopt;
        mode = mode * 8 + static_cast<std::uint32_t>(c - '0');
    }
    return mode <= 07777 ? std::optional(mode) : std::nullopt;
}

bool is_marked(const std::string& text) {
    return text.find('\x01') != std::string::npos;
}

bool is_below(const std::string& path, std::string_view folder) {
    return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
}

// The rest of a node's root is the lab's, or the host's /usr: read-only whatever its level.
bool is_the_nodes(const std::string& path) {
    constexpr std::array<std::string_view, 9> own{"/etc",  "/var", "/run", "/tmp", "/root",
                                                  "/home", "/mnt", "/opt", "/srv"};
    return std::any_of(own.begin(), own.end(),
                       [&](std::string_view folder) { return is_below(path, folder); });
}

// What is wrong with a place inside a node, and what would be right.
std::pair<std::string, std::string> target_trouble(const std::string& path, const Node& node) {
    if (path.empty() || path.front() != '/')
        return {"\"" + path + "\" is not absolute", "\"/" + path + "\""};
    if (path.back() == '/')
        return {"\"" + path + "\" is a folder, not a file", "\"" + path + "NAME\""};
    std::size_t begin = 1;
    while (begin <= path.size()) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string part = path.substr(begin, end - begin);
        if (part.empty() || part == "." || part == "..")
            return {"\"" + path + "\" is not a plain path", "no \".\", \"..\" or \"//\" in it"};
        begin = end + 1;
    }
    for (const std::string_view kernel : {"/proc/", "/sys/", "/dev/"})
        if (path.compare(0, kernel.size(), kernel) == 0)
            return {"\"" + path + "\" belongs to the kernel",
                    "sysctl = { … } for what is below /proc/sys"};
    // A root of its own is all the node's.
    if (!node.root && !is_the_nodes(path)) {
        const bool hosts = is_below(path, "/usr") || is_below(path, "/bin") ||
                           is_below(path, "/sbin") || path.starts_with("/lib");
        return {"\"" + path + "\" is where " +
                    (hosts ? "every node sees the host's programs, read-only"
                           : "a node can write nothing"),
                "below /etc, /var, /run, /tmp, /root, /home, /mnt, /opt or /srv; root = \"DIR\" is "
                "a node's own from / on"};
    }
    if (path.size() > 4000) return {"the path is longer than 4,000 bytes", ""};
    return {"", ""};
}

}  // namespace

bool NodeFiles::count(std::size_t bytes, const Where& where, const Node& node) {
    x_node_bytes += bytes;
    x_lab_bytes += bytes;
    if (x_node_bytes <= most_node_bytes && x_lab_bytes <= most_lab_bytes) return true;
    if (!x_full)
        x_context.diagnostics.error("LIMIT", where,
                                    x_lab_bytes > most_lab_bytes
                                        ? "the files of a lab have at most 64 MiB"
                                        : "the files of " + node.name + " have more than 16 MiB");
    x_full = true;
    return false;
}

std::optional<std::string> NodeFiles::fetch(const Value& path, std::string* name) {
    const std::string& from = x_context.sources[path.where.file].name;
    const std::optional<std::string> full = join_path(folder_of(from), path.text);
    if (!full) {
        x_context.diagnostics.error("D53", path.where,
                                    "\"" + path.text + "\" is outside the topology's directory",
                                    "files stay beside " + base_name(from) + " or below");
        return std::nullopt;
    }
    std::optional<Files::Entry> entry = x_context.files.read(*full);
    if (!entry) {
        x_context.diagnostics.error("D53", path.where,
                                    "no file \"" + path.text + "\" beside " + base_name(from),
                                    "one-line content is { text = \"…\" }");
        return std::nullopt;
    }
    if (name != nullptr) *name = *full;
    return std::move(entry->content);
}

void NodeFiles::read_overlay(const Value* overlay, Node& node) {
    if (overlay != nullptr && overlay->is_false()) return;
    std::string folder = default_overlay(x_context.main, node.name);
    Where where = node.where;
    if (overlay != nullptr) {
        where = overlay->where;
        const std::optional<std::string> written = x_context.reader.string(*overlay);
        if (!written) return;
        const std::string& from = x_context.sources[where.file].name;
        const std::optional<std::string> full = join_path(folder_of(from), *written);
        if (!full) {
            x_context.diagnostics.error("D53", where,
                                        "\"" + *written + "\" is outside the topology's directory",
                                        "overlays stay beside " + base_name(from) + " or below");
            return;
        }
        folder = *full;
    }
    const std::vector<std::string> paths = x_context.files.list(folder);
    if (paths.empty() && overlay != nullptr)
        x_context.diagnostics.error("D53", where, "no files in a folder \"" + folder + "\"",
                                    "overlay = false for none");
    for (const std::string& path : paths) {
        std::optional<Files::Entry> entry = x_context.files.read(folder + "/" + path);
        if (!entry) {
            x_context.diagnostics.error("D53", where, "cannot read \"" + folder + "/" + path + "\"",
                                        "links out of the topology's directory are refused");
            continue;
        }
        const std::string target = "/" + path;
        if (const auto [trouble, hint] = target_trouble(target, node); !trouble.empty()) {
            x_context.diagnostics.error("D54", where, "in the overlay: " + trouble, hint);
            continue;
        }
        if (!count(entry->content.size(), where, node)) return;
        File file;
        file.content = std::move(entry->content);
        file.mode = entry->mode & 0777;
        file.origin = File::Origin::overlay;
        file.where = where;
        node.files[target] = std::move(file);
    }
}

void NodeFiles::read_file(const Member& member, const Names& names, Node& node) {
    if (const auto [trouble, hint] = target_trouble(member.key, node); !trouble.empty()) {
        x_context.diagnostics.error("D54", member.where, trouble, hint);
        return;
    }
    File file;
    file.where = member.value.where;
    const Value* from = nullptr;
    bool is_template = false;
    if (member.value.is(Value::Type::string)) {
        if (member.value.text.find('\n') == std::string::npos)
            from = &member.value;
        else
            file.content = member.value.text;
    } else if (member.value.is(Value::Type::table)) {
        const Value& table = member.value;
        refuse_unknown_keys(table, file_value_keys(), x_context.diagnostics);
        const Value* text = table.find("text");
        from = table.find("from");
        if ((text == nullptr) == (from == nullptr)) {
            x_context.diagnostics.error("VALUE", table.where,
                                        "a file has either \"text\" or \"from\"");
            return;
        }
        if (text != nullptr) file.content = x_context.reader.string(*text).value_or("");
        if (from != nullptr && !x_context.reader.string(*from)) return;
        if (const Value* mode = table.find("mode")) {
            const std::optional<std::string> octal = x_context.reader.string(*mode);
            const std::optional<std::uint32_t> bits = octal ? parse_mode(*octal) : std::nullopt;
            if (bits)
                file.mode = *bits;
            else if (octal)
                x_context.diagnostics.error("VALUE", mode->where,
                                            "\"" + *octal + "\" is no mode in octal", "\"0644\"");
        }
        if (const Value* owner = table.find("owner")) {
            const std::string who = x_context.reader.string(*owner).value_or("root");
            const std::size_t colon = who.find(':');
            file.owner = who.substr(0, colon);
            // Many users have no group of their name ("nobody"): theirs is in the node's passwd.
            const bool named = colon != std::string::npos;
            file.group = named ? who.substr(colon + 1) : file.owner == "root" ? "root" : "";
            if (!is_service_name(file.owner) || (named && !is_service_name(file.group)))
                x_context.diagnostics.error("VALUE", owner->where, "\"" + who + "\" is no owner",
                                            "\"frr\" or \"root:adm\"");
        }
        if (const Value* flag = table.find("template"))
            is_template = x_context.reader.boolean(*flag).value_or(false);
    } else {
        x_context.reader.wrong_type(member.value, "a path, a text or a table");
        return;
    }
    if (from != nullptr) {
        std::string name;
        std::optional<std::string> content = fetch(*from, &name);
        if (!content) return;
        file.content = std::move(*content);
        if (is_template && has_expression(file.content)) {
            // Mistakes in it are shown in it.
            const auto [shown, fresh] = x_shown.emplace(name, x_context.sources.size());
            if (fresh) x_context.sources.push_back({name, file.content});
            Value text = Value::string(file.content,
                                       Where{static_cast<std::uint32_t>(shown->second), 1, 1, 1});
            text.text_line = text.text_column = 1;
            file.content = x_context.interpolator.text(text, names, Late::allowed).value_or("");
        }
    }
    // A file from the disk that is no template may hold any byte; nothing of it is replaced.
    file.expand = (from == nullptr || is_template) && is_marked(file.content);
    if (!count(file.content.size(), member.where, node)) return;
    node.files[member.key] = std::move(file);
}

void NodeFiles::read(const Value* overlay, const Value* files, const Names& names, Node& node) {
    x_node_bytes = 0;
    read_overlay(overlay, node);
    if (files != nullptr && x_context.reader.table(*files, "files"))
        for (const Member& member : files->members) read_file(member, names, node);
    for (const auto& [path, file] : node.files)
        for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
             slash = path.find('/', slash + 1)) {
            const std::string folder = path.substr(0, slash);
            if (node.files.contains(folder))
                x_context.diagnostics.error(
                    "D54", file.where,
                    "\"" + path + "\" cannot be in \"" + folder + "\", which is a file too",
                    "another name for one of them");
        }
}

void NodeFiles::read_nft(const Value& value, Node& node) {
    const std::optional<Text> text = x_context.reader.text(value);
    if (!text) return;
    if (text->text.find('\n') != std::string::npos || text->text.find('{') != std::string::npos) {
        node.nft = *text;
        return;
    }
    std::optional<std::string> content = fetch(value);
    if (!content) return;
    if (is_marked(*content) || content->find('\0') != std::string::npos)
        x_context.diagnostics.error("VALUE", value.where, "\"" + value.text + "\" is no text");
    node.nft = Text{std::move(*content), value.where};
}

}  // namespace topology
