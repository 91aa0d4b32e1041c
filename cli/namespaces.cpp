#include "cli/namespaces.hpp"

#include "cli/visible.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <set>
#include <string_view>

namespace cli {
namespace {

namespace json = boost::json;

constexpr std::size_t command_columns = 40;

std::string text(const json::object& from, const char* key) {
    const json::value* v = from.if_contains(key);
    return v != nullptr && v->is_string() ? std::string(v->get_string()) : std::string();
}

std::optional<std::uint64_t> number(const json::object& from, const char* key) {
    const json::value* v = from.if_contains(key);
    if (v == nullptr || !v->is_number()) return std::nullopt;
    return v->to_number<std::uint64_t>();
}

bool flag(const json::object& from, const char* key) {
    const json::value* v = from.if_contains(key);
    return v != nullptr && v->is_bool() && v->get_bool();
}

std::string number_text(std::uint64_t number) {
    return number == 0 ? "" : std::to_string(number);
}

// "h1", "lab t", or what a process in h1 made for itself.
std::string title(const NamespaceRow& user, const std::string& lab, const Style& style) {
    if (user.made_inside) return "made inside " + user.node;
    return style.bold(user.node.empty() ? "lab " + lab : user.node);
}

bool has_users(const std::string& node, const std::vector<NamespaceRow>& rows) {
    return std::any_of(rows.begin(), rows.end(), [&](const NamespaceRow& row) {
        return row.node == node && row.type == "user" && !row.host;
    });
}

// The kinds of namespace that a user namespace owns; those of nodes without one of their own stand
// on lines of their own.
std::string owned(const NamespaceRow& user, const std::vector<NamespaceRow>& rows) {
    std::vector<std::string> types;
    for (const NamespaceRow& row : rows)
        if (row.type != "user" && !row.host && row.owner == user.inode &&
            has_users(row.node, rows) &&
            std::find(types.begin(), types.end(), row.type) == types.end())
            types.push_back(row.type);
    return join(types, " ");
}

}  // namespace

std::vector<NamespaceRow> parse_namespaces(const json::object& answer) {
    std::vector<NamespaceRow> rows;
    const json::value* list = answer.if_contains("namespaces");
    if (list == nullptr || !list->is_array()) return rows;
    for (const json::value& item : list->get_array()) {
        if (!item.is_object()) continue;
        const json::object& o = item.get_object();
        NamespaceRow row;
        row.node = text(o, "node"), row.type = text(o, "type"), row.command = text(o, "command");
        row.inode = number(o, "inode").value_or(0), row.id = number(o, "id").value_or(0);
        row.owner = number(o, "owner").value_or(0), row.pid = number(o, "pid").value_or(0);
        row.processes = number(o, "processes");
        row.host = flag(o, "host"), row.made_inside = flag(o, "made_inside");
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string namespaces_table(const std::vector<NamespaceRow>& rows, bool wide, const Style& style) {
    std::vector<std::string> header{"NODE", "TYPE", "NS", "OWNER", "NPROCS", "PID", "COMMAND"};
    if (wide) header.insert(header.begin() + 3, "ID");
    Table table(header);
    for (const NamespaceRow& row : rows) {
        const std::string inside = row.made_inside ? " (made inside)" : "";
        std::vector<std::string> cells{
            (row.node.empty() ? "(lab)" : row.node) + inside,
            row.type,
            row.host ? style.yellow("the host's") : std::to_string(row.inode),
            number_text(row.owner),
            row.processes ? std::to_string(*row.processes) : "",
            number_text(row.pid),
            wide ? visible(row.command) : visible(row.command, command_columns)};
        if (wide) cells.insert(cells.begin() + 3, number_text(row.id));
        table.row(std::move(cells));
    }
    return table.text(style);
}

namespace {

class Tree {
  public:
    Tree(const std::string& lab, const std::vector<NamespaceRow>& rows,
         const std::vector<std::string>& nodes, const Style& style)
        : lab_(lab), rows_(rows), style_(style), utf8_(std::string_view(glyphs().dash) != "-") {
        for (const NamespaceRow& row : rows) {
            const bool wanted = nodes.empty() || row.node.empty() ||
                                std::find(nodes.begin(), nodes.end(), row.node) != nodes.end();
            if (row.host || !wanted) continue;
            shown_.push_back(&row);
            if (row.type == "user") users_.insert(row.inode);
        }
    }

    std::string text() {
        out_ = style_.bold("host") + "\n";
        below(nullptr, "");
        return out_;
    }

  private:
    // User namespaces in it, and the namespaces of nodes that have no user namespace of their own.
    bool hangs_below(const NamespaceRow& row, const NamespaceRow* parent) const {
        if (row.type == "user")
            return parent == nullptr ? !users_.contains(row.owner) : row.owner == parent->inode;
        return parent != nullptr && row.owner == parent->inode && !has_users(row.node, rows_);
    }

    void below(const NamespaceRow* parent, const std::string& indent) {
        std::vector<const NamespaceRow*> here;
        for (const NamespaceRow* row : shown_)
            if (row != parent && hangs_below(*row, parent)) here.push_back(row);
        for (const NamespaceRow* row : here) {
            const bool last = row == here.back();
            out_ += indent + (utf8_ ? (last ? "└─ " : "├─ ") : (last ? "`- " : "|- ")) +
                    line(*row) + "\n";
            if (row->type == "user") below(row, indent + (last ? "   " : utf8_ ? "│  " : "|  "));
        }
    }

    std::string line(const NamespaceRow& row) const {
        std::string out =
            title(row, lab_, style_) + "  " + row.type + " " + std::to_string(row.inode);
        const std::string types = row.type == "user" ? owned(row, rows_) : "";
        if (!types.empty()) out += "  owns " + types;
        if (row.processes && *row.processes != 0)
            out += "  " + std::to_string(*row.processes) +
                   (*row.processes == 1 ? " process" : " processes");
        return row.command.empty() ? out : out + "  " + visible(row.command, command_columns);
    }

    const std::string& lab_;
    const std::vector<NamespaceRow>& rows_;
    const Style& style_;
    bool utf8_;
    std::vector<const NamespaceRow*> shown_;
    std::set<std::uint64_t> users_;
    std::string out_;
};

}  // namespace

std::string namespaces_tree(const std::string& lab, const std::vector<NamespaceRow>& rows,
                            const std::vector<std::string>& nodes, const Style& style) {
    return Tree(lab, rows, nodes, style).text();
}

}  // namespace cli
