// Names of interfaces (language.md §5.4): ethN in the order links are made, or the neighbour's
// name.
#include "topology/link_draft.hpp"
#include "topology/names.hpp"

#include <map>
#include <unordered_map>

namespace topology {
namespace {

struct Taken {
    std::unordered_map<std::string, Where> names;
    std::size_t next = 0;  // no ethN below it is free
};

class Namer {
  public:
    Namer(std::vector<LinkDraft>& drafts, const NodeList& nodes, Context& context)
        : x_drafts(drafts), x_nodes(nodes), x_context(context), x_taken(nodes.seeds.size()) {}

    void run() {
        for (std::size_t d = 1; d < x_drafts.size(); ++d)
            if (are_one_bond(x_drafts[d - 1], x_drafts[d]))
                x_drafts[d].member = x_drafts[d - 1].member + 1;
        for (LinkDraft& draft : x_drafts)
            for (DraftEnd& end : draft.ends)
                if (!end.interface.empty())
                    reserve(end, end.interface);
                else if (!end.bond.empty() && draft.member == 0)
                    reserve(end, end.bond);
        for (std::size_t d = 0; d < x_drafts.size(); ++d)
            if (!x_drafts[d].bond_mode.empty()) name_bonds(d);
        for (LinkDraft& draft : x_drafts)
            for (std::size_t e = 0; e < draft.ends.size(); ++e)
                if (draft.ends[e].interface.empty()) keep(draft, e);
        for (LinkDraft& draft : x_drafts)
            for (std::size_t e = 0; e < draft.ends.size(); ++e)
                if (draft.ends[e].interface.empty()) choose(draft, e);
    }

  private:
    // The copies that `count` makes stand behind each other, those that are still there.
    static bool are_one_bond(const LinkDraft& before, const LinkDraft& draft) {
        if (draft.bond_mode.empty() || before.bond_mode.empty() || before.entry != draft.entry ||
            before.ends.size() != draft.ends.size())
            return false;
        for (std::size_t e = 0; e < draft.ends.size(); ++e)
            if (before.ends[e].node != draft.ends[e].node ||
                before.ends[e].bond != draft.ends[e].bond)
                return false;
        return true;
    }

    // The members of a bond share its name, the lowest free bondN when it has none.
    void name_bonds(std::size_t d) {
        LinkDraft& draft = x_drafts[d];
        for (std::size_t e = 0; e < draft.ends.size(); ++e) {
            DraftEnd& end = draft.ends[e];
            if (draft.member != 0) {
                end.bond = x_drafts[d - 1].ends[e].bond;
                continue;
            }
            for (std::size_t n = 0; end.bond.empty(); ++n) {
                std::string name = "bond" + std::to_string(n);
                if (x_taken[end.node].names.emplace(name, end.where).second)
                    end.bond = std::move(name);
            }
        }
    }

    void reserve(const DraftEnd& end, const std::string& name) {
        const auto [taken, fresh] = x_taken[end.node].names.emplace(name, end.where);
        if (fresh) return;
        const std::string lines = taken->second.line == end.where.line
                                      ? "line " + std::to_string(end.where.line)
                                      : "lines " + std::to_string(taken->second.line) + ", " +
                                            std::to_string(end.where.line);
        x_context.diagnostics.error(
            "D71", end.where,
            x_nodes.seeds[end.node].name + " has two interfaces \"" + name + "\" (" + lines + ")",
            "rename one");
    }

    // Only a name of the kind that is given here: one that was written has gone with its line.
    void keep(LinkDraft& draft, std::size_t e) {
        DraftEnd& end = draft.ends[e];
        const bool fits =
            draft.peer_names ? end.kept.starts_with(peer_base(draft, e)) : is_eth_name(end.kept);
        if (!fits || !x_taken[end.node].names.emplace(end.kept, end.where).second) return;
        end.interface = end.kept;
    }

    static bool is_eth_name(const std::string& name) {
        return name.size() > 3 && name.starts_with("eth") &&
               name.find_first_not_of("0123456789", 3) == name.npos;
    }

    std::string peer_base(const LinkDraft& draft, std::size_t e) const {
        const bool pair = draft.ends.size() == 2 && !draft.plan->lan;
        return pair ? x_nodes.seeds[draft.ends[1 - e].node].name : draft.name;
    }

    void choose(LinkDraft& draft, std::size_t e) {
        DraftEnd& end = draft.ends[e];
        Taken& taken = x_taken[end.node];
        if (draft.peer_names) {
            const std::string base = peer_base(draft, e);
            std::string name = base;
            for (std::size_t n = 2; taken.names.count(name) != 0; ++n)
                name = base + "-" + std::to_string(n);
            if (interface_name_trouble(name).empty()) {
                taken.names.emplace(name, end.where);
                end.interface = name;
                return;
            }
            x_context.diagnostics.notice("D19", end.where,
                                         "\"" + name + "\" cannot name an interface: ethN instead",
                                         "Linux allows 15 bytes");
        }
        std::string name;
        do {
            name = "eth" + std::to_string(taken.next++);
        } while (taken.names.count(name) != 0);
        taken.names.emplace(name, end.where);
        end.interface = name;
    }

    std::vector<LinkDraft>& x_drafts;
    const NodeList& x_nodes;
    Context& x_context;
    std::vector<Taken> x_taken;
};

}  // namespace

void name_interfaces(std::vector<LinkDraft>& drafts, const NodeList& nodes, Context& context) {
    Namer(drafts, nodes, context).run();
}

}  // namespace topology
