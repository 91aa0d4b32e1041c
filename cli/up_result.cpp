// The words of `up`; the symbols are terraform's: + ~ - and -/+ for "made anew".
#include "cli/up_result.hpp"

#include "cli/json_print.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace cli {
namespace {

constexpr std::size_t most_lines = 20;

std::string symbol(const std::string& op, const Style& style) {
    if (op == "create") return style.green("+");
    if (op == "delete") return style.red("-");
    if (op == "recreate") return style.red("-") + "/" + style.green("+");
    return style.yellow("~");
}

std::string step(const UpAction& action, const Style& style) {
    std::string out = symbol(action.op, style) + " " + action.kind + " " + action.name;
    if (!action.reason.empty()) out += " (" + action.reason + ": restarts)";
    if (!action.detail.empty()) out += "  " + style.dim(action.detail);
    return out + "\n";
}

std::size_t count_op(const UpResult& result, std::string_view op) {
    return static_cast<std::size_t>(std::count_if(result.actions.begin(), result.actions.end(),
                                                  [&](const UpAction& a) { return a.op == op; }));
}

std::string steps(const UpResult& result, bool all, const Style& style) {
    std::string out;
    std::size_t shown = 0;
    for (const UpAction& action : result.actions) {
        if (!all && shown == most_lines) break;
        out += step(action, style);
        ++shown;
    }
    if (shown < result.actions.size())
        out += "… and " + std::to_string(result.actions.size() - shown) + " more (-v lists all)\n";
    return out;
}

// Every node that the lab has was made just now.
bool born(const UpResult& result) {
    const auto made =
        std::count_if(result.actions.begin(), result.actions.end(),
                      [](const auto& a) { return a.op == "create" && a.kind == "node"; });
    return made > 0 && static_cast<std::size_t>(made) == result.nodes;
}

// "2 to add, 1 to change, 0 to destroy"; what is made anew is both.
struct Counts {
    explicit Counts(const UpResult& result)
        : add(count_op(result, "create") + count_op(result, "recreate")),
          change(count_op(result, "update")),
          destroy(count_op(result, "delete") + count_op(result, "recreate")) {}
    std::size_t add, change, destroy;
};

boost::json::value value_of(const std::optional<std::string>& text) {
    if (!text) return nullptr;
    return boost::json::value(*text);
}

boost::json::object object_of(const UpAction& action) {
    boost::json::array changes;
    for (const UpAction::Change& change : action.changes)
        changes.push_back(boost::json::object{
            {"path", change.path}, {"from", value_of(change.from)}, {"to", value_of(change.to)}});
    boost::json::object out{{"op", action.op},
                            {"kind", action.kind},
                            {"name", action.name},
                            {"detail", action.detail},
                            {"changes", std::move(changes)}};
    if (!action.reason.empty()) out["reason"] = action.reason;
    return out;
}

boost::json::array array_of(const std::vector<UpAction>& actions) {
    boost::json::array out;
    for (const UpAction& action : actions) out.push_back(object_of(action));
    return out;
}

}  // namespace

std::string result_text(const UpResult& result, bool verbose, const Style& style) {
    if (result.actions.empty()) return result.lab + ": nothing to do\n";
    const std::string size = count(result.nodes, "node") + ", " + count(result.links, "link");
    const std::string time = " in " + duration(result.elapsed) + "\n";
    std::string head = verbose ? steps(result, true, style) : "";
    if (born(result)) return head + "lab " + style.bold(result.lab) + " up: " + size + time;
    if (!verbose) head = steps(result, false, style);
    return head + "lab " + style.bold(result.lab) +
           " changed: " + count(result.actions.size(), "step") + ", now " + size + time;
}

std::string result_json(const UpResult& result) {
    const boost::json::object out{{"api", 1},
                                  {"lab", result.lab},
                                  {"actions", array_of(result.actions)},
                                  {"elapsed", result.elapsed},
                                  {"nodes", result.nodes},
                                  {"links", result.links}};
    return compact(out);
}

std::string plan_text(const UpResult& result, const Style& style) {
    std::string out;
    if (result.actions.empty()) {
        out = result.lab + ": nothing to do\n";
    } else {
        const Counts counts(result);
        out = steps(result, true, style) + std::to_string(counts.add) + " to add, " +
              std::to_string(counts.change) + " to change, " + std::to_string(counts.destroy) +
              " to destroy\n";
    }
    if (result.kept.empty()) return out;
    out += style.dim("what runs keeps its numbers; lab up --renumber would change") + "\n";
    for (const KeptNumber& one : result.kept)
        out += style.dim("  " + one.what + "  " + one.is + " → " + one.fresh) + "\n";
    return out;
}

std::string plan_json(const UpResult& result) {
    const Counts counts(result);
    boost::json::array kept;
    for (const KeptNumber& one : result.kept)
        kept.push_back(
            boost::json::object{{"what", one.what}, {"is", one.is}, {"fresh", one.fresh}});
    const boost::json::object out{{"api", 1},
                                  {"lab", result.lab},
                                  {"actions", array_of(result.actions)},
                                  {"add", counts.add},
                                  {"change", counts.change},
                                  {"destroy", counts.destroy},
                                  {"kept", std::move(kept)}};
    return compact(out);
}

}  // namespace cli
