// Rows and trees of `lab ns`.
#pragma once

#include "cli/render.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cli {

struct NamespaceRow {
    std::string node;  // "" = of the lab itself
    std::string type, command;
    std::uint64_t inode = 0, id = 0, owner = 0, pid = 0;
    std::optional<std::uint64_t> processes;  // nothing: the host's, not counted
    bool host = false, made_inside = false;
};

std::vector<NamespaceRow> parse_namespaces(const boost::json::object& answer);

std::string namespaces_table(const std::vector<NamespaceRow>& rows, bool wide, const Style& style);

// User namespaces below one another, each with what it owns: host, lab, nodes, and what somebody
// made inside. Only these nodes; none: all.
std::string namespaces_tree(const std::string& lab, const std::vector<NamespaceRow>& rows,
                            const std::vector<std::string>& nodes, const Style& style);

}  // namespace cli
