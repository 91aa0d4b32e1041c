// Pairs, the matrix and the array of `lab ping`.
#include "cli/ping_pairs.hpp"

#include "cli/json_print.hpp"
#include "cli/visible.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

namespace cli {
namespace {

int family_of(const std::string& address) {
    return address.find(':') != address.npos ? 6 : 4;
}

bool usable(const std::string& address) {
    return address.rfind("fe80:", 0) != 0 && address.rfind("127.", 0) != 0 &&
           address.rfind("169.254.", 0) != 0 && address.rfind("::1/", 0) != 0 && address != "::1";
}

std::optional<std::string> first_of(const std::vector<std::string>& addresses, int family) {
    for (const std::string& a : addresses)
        if (usable(a) && family_of(a) == family) return a.substr(0, a.find('/'));
    return std::nullopt;
}

// "0.05", "1.2", "23": three digits at most, the unit stands in the matrix's corner.
std::string milliseconds(double seconds) {
    char buffer[32];
    const double ms = seconds * 1000;
    (void)std::snprintf(buffer, sizeof buffer, ms < 1 ? "%.2f" : ms < 10 ? "%.1f" : "%.0f", ms);
    return buffer;
}

void remember(std::vector<std::string>& list, const std::string& name) {
    if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
}

}  // namespace

std::optional<std::string> primary_address(const NodeState& node, int family) {
    for (const InterfaceState& i : node.interfaces)
        if (i.name == "lo")
            if (auto found = first_of(i.addresses, family)) return found;
    return first_of(node.addresses, family);  // loopbacks first, then by interface
}

std::vector<Pair> ping_pairs(const LabState& lab, const std::vector<std::string>& from,
                             const std::vector<std::string>& to, int family) {
    std::vector<Pair> pairs;
    for (const std::string& a : from)
        for (const std::string& b : to) {
            const NodeState *source = lab.find(a), *target = lab.find(b);
            if (a == b || source == nullptr || target == nullptr) continue;
            for (const int f : {4, 6}) {
                if (family != 0 && family != f) continue;
                const auto address = primary_address(*target, f);
                if (!address || !primary_address(*source, f)) continue;
                pairs.push_back({a, b, *address, f});
                break;
            }
        }
    return pairs;
}

std::vector<std::string> pingable(const LabState& lab) {
    std::vector<std::string> names;
    for (const NodeState& node : lab.nodes)
        if (node.pid && (primary_address(node, 4) || primary_address(node, 6)))
            names.push_back(node.name);
    return names;
}

std::vector<std::string> stopped_nodes(const LabState& lab) {
    std::vector<std::string> names;
    for (const NodeState& node : lab.nodes)
        if (node.state == "stopped") names.push_back(node.name);
    return names;
}

std::string ping_matrix(const std::vector<PairResult>& results, const Style& style) {
    std::vector<std::string> rows, columns;
    std::map<std::pair<std::string, std::string>, const PairResult*> cells;
    for (const PairResult& r : results) {
        remember(rows, r.pair.from);
        cells[{r.pair.from, r.pair.to}] = &r;
    }
    // Columns in the order of the rows, so that the empty diagonal is one.
    std::set<std::string> targets;
    for (const PairResult& r : results) targets.insert(r.pair.to);
    for (const std::string& row : rows)
        if (targets.count(row) > 0) columns.push_back(row);
    for (const PairResult& r : results) remember(columns, r.pair.to);
    std::vector<std::string> header{"FROM \\ TO"};
    header.insert(header.end(), columns.begin(), columns.end());
    Table table(header);
    for (const std::string& row : rows) {
        std::vector<std::string> line{row};
        for (const std::string& column : columns) {
            const auto found = cells.find({row, column});
            if (found == cells.end())
                line.emplace_back("");
            else if (!found->second->ok())
                line.push_back(style.red(glyphs().no));
            else
                line.push_back(style.green(glyphs().yes) + " " +
                               milliseconds(found->second->outcome.rtt.value_or(0)));
        }
        table.row(std::move(line));
    }
    return table.text(style);
}

std::string ping_line(const PairResult& r, const Style& style) {
    std::string out = r.ok() ? style.green(glyphs().yes) : style.red(glyphs().no);
    out += " " + r.pair.from + " " + glyphs().arrow + " " + r.pair.to + " (" + r.pair.address + ")";
    if (r.outcome.rtt) out += "  " + milliseconds(*r.outcome.rtt) + " ms";
    if (r.outcome.sent > 1)
        out += "  " + std::to_string(r.outcome.received) + " of " + std::to_string(r.outcome.sent);
    if (!r.outcome.why.empty()) out += "  " + visible(r.outcome.why);
    return out + "\n";
}

std::string ping_json(const std::vector<PairResult>& results) {
    boost::json::array list;
    for (const PairResult& r : results) {
        boost::json::object item{
            {"from", r.pair.from},
            {"to", r.pair.to},
            {"ok", r.ok()},
            {"rtt", r.outcome.rtt ? boost::json::value(*r.outcome.rtt) : nullptr},
            {"address", r.pair.address},
            {"sent", r.outcome.sent},
            {"received", r.outcome.received}};
        if (!r.outcome.why.empty()) item["error"] = r.outcome.why;
        list.push_back(std::move(item));
    }
    return compact(list);
}

}  // namespace cli
