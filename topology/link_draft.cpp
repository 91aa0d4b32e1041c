// See link_draft.hpp: what an end says behind its name, and links of a node with itself.
#include "topology/link_draft.hpp"

#include "topology/names.hpp"
#include "topology/written_links.hpp"

#include <algorithm>

namespace topology {
namespace {

// ":wan 10.0.0.1/24 fd00::1/64": the name of the interface, then addresses.
bool read_rest(const PlannedEnd& planned, const Names& names, const NodeList& nodes, DraftEnd& end,
               Context& context) {
    if (planned.rest.text.empty()) return true;
    const Value rest = context.interpolator.value(planned.rest, names, Late::refused);
    std::size_t at = 0;
    bool fine = true;
    if (rest.text.empty()) return false;  // reported while it was worked out
    if (rest.text[0] == ':') {
        at = std::min(rest.text.find(' '), rest.text.size());
        end.interface = rest.text.substr(1, at - 1);
        end.where = inside(rest, 1, at - 1);
        const std::string trouble = interface_name_trouble(end.interface);
        if (!trouble.empty()) {
            context.diagnostics.error("D19", end.where, trouble,
                                      end.interface.size() > 15 ? "shorten it" : "\"r1:wan\"");
            fine = false;
        }
    }
    // "r1 -> r2" is two ends, not an address "->".
    const std::vector<std::string> ends =
        nodes_of_link(nodes.seeds[end.node].name + rest.text,
                      [&](const std::string& word) { return nodes.find(word) != npos; });
    if (!ends.empty()) {
        context.diagnostics.error("D14", planned.where, "two ends in one string", as_list(ends));
        return false;
    }
    while (at < rest.text.size()) {
        if (rest.text[at] == ' ') {
            ++at;
            continue;
        }
        std::size_t stop = std::min(rest.text.find(' ', at), rest.text.size());
        // "10.0.0.1 255.255.255.0" is one address.
        const std::size_t next = std::min(rest.text.find(' ', stop + 1), rest.text.size());
        if (stop < next && mask_length(rest.text.substr(stop + 1, next - stop - 1))) stop = next;
        const Where where = inside(rest, at, stop - at);
        if (const auto prefix = context.reader.address(rest.text.substr(at, stop - at), where))
            end.addresses.emplace_back(*prefix, where);
        else
            fine = false;
        at = stop;
    }
    return fine;
}

// A node linked to itself must say which interface is which (D14).
bool check_self(const LinkDraft& draft, const NodeList& nodes, Context& context) {
    if (draft.ends.size() < 2) return true;
    std::vector<std::size_t> order(draft.ends.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(draft.ends[a].node, a) < std::pair(draft.ends[b].node, b);
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
        const DraftEnd &a = draft.ends[order[i - 1]], &b = draft.ends[order[i]];
        if (a.node != b.node || (!a.interface.empty() && !b.interface.empty())) continue;
        const std::string& name = nodes.seeds[a.node].name;
        context.diagnostics.error("D14", draft.plan->ends[order[i]].where,
                                  "\"" + name + "\" is linked to itself",
                                  "name both interfaces: \"" + name + ":a\", \"" + name + ":b\"");
        return false;
    }
    return true;
}

bool wants_peer_names(const Value& keys, const Value* defaults, Context& context) {
    const Value* value = keys.find("ifname");
    if (value == nullptr && defaults != nullptr) value = defaults->find("ifname");
    return value != nullptr && context.reader.word("ifname", *value, {"eth", "peer"}) == "peer";
}

// `bond`, for links with two ends; the copies of `count` are its members.
std::string wanted_bond(const LinkDraft& draft, const Value* defaults, Context& context) {
    const Value* value = draft.keys.find("bond");
    if (value == nullptr && defaults != nullptr && draft.plan->ends.size() == 2)
        value = defaults->find("bond");
    if (value == nullptr || value->is_false()) return "";
    const auto mode = context.reader.word("bond", *value, bond_modes());
    if (!mode) return "";
    if (draft.plan->ends.size() == 2 && !draft.plan->lan) return *mode;
    context.diagnostics.error("KEY", value->where, "a bond has two ends",
                              "count = 2 on a link of two nodes");
    return "";
}

// A name that is written means the bond: its members are ethN.
void join_bond(LinkDraft& draft) {
    for (DraftEnd& end : draft.ends) {
        end.bond = std::move(end.interface);
        end.interface.clear();
    }
}

}  // namespace

const std::vector<std::string_view>& bond_modes() {
    static const std::vector<std::string_view> words{"balance-rr", "active-backup", "balance-xor",
                                                     "broadcast",  "802.3ad",       "balance-tlb",
                                                     "balance-alb"};
    return words;
}

std::vector<LinkDraft> draft_links(const std::vector<LinkEntry>& entries, const Value* defaults,
                                   const NodeList& nodes, Context& context) {
    std::vector<LinkDraft> drafts;
    for (const LinkEntry& entry : entries) {
        for (const PlannedLink& plan : entry.links) {
            LinkDraft draft;
            draft.entry = &entry;
            draft.plan = &plan;
            const Names names = link_names(plan, context);
            draft.keys = entry.expressions
                             ? context.interpolator.value(entry.keys, names, Late::refused)
                             : entry.keys;
            draft.peer_names = wants_peer_names(draft.keys, defaults, context);
            bool fine = true;
            for (const PlannedEnd& planned : plan.ends) {
                DraftEnd end;
                end.node = planned.node;
                end.where = planned.where;
                fine = read_rest(planned, names, nodes, end, context) && fine;
                draft.ends.push_back(std::move(end));
            }
            fine = check_self(draft, nodes, context) && fine;
            draft.bond_mode = wanted_bond(draft, defaults, context);
            if (!draft.bond_mode.empty()) join_bond(draft);
            if (fine) drafts.push_back(std::move(draft));
        }
    }
    return drafts;
}

}  // namespace topology
