// Names of links: what `lab link` calls them by. Explicit ones are taken first, so that an
// automatic name never pushes a written one away.
#include "topology/link_draft.hpp"

#include <algorithm>
#include <map>

namespace topology {
namespace {

bool is_link_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

class Namer {
  public:
    Namer(std::vector<LinkDraft>& drafts, const NodeList& nodes, Context& context)
        : x_drafts(drafts), x_nodes(nodes), x_context(context) {}

    void run() {
        for (LinkDraft& draft : x_drafts) take_written(draft);
        for (LinkDraft& draft : x_drafts) keep_running(draft);
        std::map<std::string, std::size_t> next;  // the number to try for a base
        for (LinkDraft& draft : x_drafts) {
            if (!draft.name.empty() || draft.name_explicit) continue;
            const bool pair = draft.ends.size() == 2 && !draft.plan->lan;
            const std::string base = pair ? pair_name(draft, 0) : std::string("lan");
            std::size_t& n = next.emplace(base, 1).first->second;
            do {
                draft.name = pair && n == 1 ? base : base + "-" + std::to_string(n);
                ++n;
            } while (x_taken.count(draft.name) != 0);
            x_taken.emplace(draft.name, Where{});
        }
    }

  private:
    // Only a name of the kind that is given here: one that was written has gone with its line.
    void keep_running(LinkDraft& draft) {
        const bool pair = draft.ends.size() == 2 && !draft.plan->lan;
        if (draft.name_explicit || draft.kept_name.empty()) return;
        if (!draft.kept_name.starts_with(pair ? pair_name(draft, 0) : "lan-") &&
            !(pair && draft.kept_name.starts_with(pair_name(draft, 1))))
            return;
        if (!x_taken.emplace(draft.kept_name, Where{}).second) return;
        draft.name = draft.kept_name;
    }

    // "h1--r1", from its first or from its second end.
    std::string pair_name(const LinkDraft& draft, std::size_t first) const {
        return x_nodes.seeds[draft.ends[first].node].name + "--" +
               x_nodes.seeds[draft.ends[1 - first].node].name;
    }

    void take_written(LinkDraft& draft) {
        const Value* name = draft.entry->written->find("name");
        if (name == nullptr) return;
        if (!name->is(Value::Type::string)) {
            x_context.reader.wrong_type(*name, "a string");
            return;
        }
        const Names names = link_names(*draft.plan, x_context);
        const std::optional<std::string> text =
            x_context.interpolator.text(*name, names, Late::refused);
        if (!text) return;
        draft.name = *text;
        draft.name_explicit = true;
        if (!is_link_name(draft.name)) {
            x_context.diagnostics.error("VALUE", name->where,
                                        "\"" + draft.name + "\" is no name for a link",
                                        "letters, digits, \"-\", \"_\" and \".\", at most 64");
            return;
        }
        // One entry, several links: "core-1", "core-2", unless the name itself tells them apart.
        // The first member of a bond is called as the bond.
        const bool several = draft.entry->links.size() > 1;
        const bool alone = !draft.bond_mode.empty() && draft.plan->number == 1;
        if (several && !alone && !has_expression(name->text))
            draft.name += "-" + std::to_string(draft.plan->number);
        const auto taken = x_taken.find(draft.name);
        if (taken == x_taken.end()) {
            x_taken.emplace(draft.name, name->where);
            return;
        }
        const std::string hint = several ? "add ${n} to the name: it counts the links of an entry"
                                         : "names make links addressable for `lab link`";
        x_context.diagnostics.error("D20", name->where,
                                    "link name \"" + draft.name + "\" is taken (line " +
                                        std::to_string(taken->second.line) + ")",
                                    hint);
    }

    std::vector<LinkDraft>& x_drafts;
    const NodeList& x_nodes;
    Context& x_context;
    std::map<std::string, Where> x_taken;
};

}  // namespace

void name_links(std::vector<LinkDraft>& drafts, const NodeList& nodes, Context& context) {
    Namer(drafts, nodes, context).run();
}

}  // namespace topology
