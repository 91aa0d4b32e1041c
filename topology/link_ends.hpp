// Which keys reach one end of one link: [defaults.link], the node, the link, the node's
// `interfaces`, then `a`, `b`, `ends` and `addresses` of the link.
#pragma once

#include "topology/context.hpp"
#include "topology/end_reader.hpp"
#include "topology/link_draft.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace topology {

class LinkEnds {
  public:
    LinkEnds(const NodeList& nodes, const std::vector<Value>& merged, const Value& defaults,
             Context& context)
        : x_nodes(nodes), x_merged(merged), x_defaults(defaults), x_context(context) {}

    void read(const LinkDraft& draft, std::size_t end, Interface& interface);
    void finish();  // reports what named no end of any link of its entry

  private:
    struct Usage {  // of one key of `ends` or `addresses`, over its whole entry
        std::string key;
        Where where;
        bool used = false;
        std::set<std::size_t> ends;  // nodes that are ends, for the hint
    };
    struct Rule {  // ends."r1:wan" = {…} or addresses.r1 = "…"
        std::set<std::size_t> nodes;
        std::string interface;
        Value table;  // of end keys
        Usage* usage = nullptr;
    };
    void check_sides(const LinkDraft& draft);
    void check_stub(const LinkDraft& draft);
    std::vector<Rule>& rules(const LinkDraft& draft);
    void add_rules(const Value& table, bool addresses, std::vector<Rule>& rules);

    const NodeList& x_nodes;
    const std::vector<Value>& x_merged;
    const Value& x_defaults;
    Context& x_context;
    const LinkDraft* x_draft = nullptr;  // x_rules are those of its entry
    const LinkEntry* x_entry = nullptr;
    std::vector<Rule> x_rules;
    std::map<std::pair<std::uint32_t, std::uint32_t>, Usage> x_usages;  // by line and column
};

// "did you mean "eth0"?" or "interfaces of r1: eth0, eth1".
std::string interface_hint(const std::string& word, const std::string& node,
                           const std::vector<std::string>& names);

}  // namespace topology
