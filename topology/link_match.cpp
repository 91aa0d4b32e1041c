// A link has no name of its own that would outlive an edit; what tells it is whom it joins. So:
// first the ends whose interface is written, then those that join exactly the same nodes, in file
// order, then LANs by most of their nodes.
#include "topology/link_match.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace topology {
namespace {

class Matcher {
  public:
    Matcher(std::vector<LinkDraft>& drafts, const NodeList& nodes, Numbering& running)
        : x_drafts(drafts),
          x_nodes(nodes),
          x_running(running),
          x_of(drafts.size(), npos),
          x_taken(running.links.size(), false) {}

    void run() {
        by_written_interfaces();
        by_nodes();
        by_overlap();
        for (std::size_t d = 0; d < x_drafts.size(); ++d)
            if (x_of[d] != npos) keep(x_drafts[d], x_running.links[x_of[d]]);
        for (std::size_t r = 0; r < x_taken.size(); ++r)
            if (!x_taken[r])
                for (const Numbering::Place& end : x_running.links[r].ends)
                    x_running.interfaces[end].moved = true;
    }

  private:
    using Nodes = std::multiset<std::string>;

    Nodes nodes_of(const LinkDraft& draft) const {
        Nodes out;
        for (const DraftEnd& end : draft.ends) out.insert(x_nodes.seeds[end.node].name);
        return out;
    }
    static Nodes nodes_of(const Numbering::Link& link) {
        Nodes out;
        for (const Numbering::Place& end : link.ends) out.insert(end.first);
        return out;
    }

    void match(std::size_t draft, std::size_t running) {
        x_of[draft] = running;
        x_taken[running] = true;
    }

    void by_written_interfaces() {
        std::map<Numbering::Place, std::size_t> at;
        for (std::size_t r = 0; r < x_running.links.size(); ++r)
            for (const Numbering::Place& end : x_running.links[r].ends) at[end] = r;
        for (std::size_t d = 0; d < x_drafts.size(); ++d)
            for (const DraftEnd& end : x_drafts[d].ends) {
                if (end.interface.empty() || x_of[d] != npos) continue;
                const auto found = at.find({x_nodes.seeds[end.node].name, end.interface});
                if (found == at.end() || x_taken[found->second]) continue;
                if (nodes_of(x_drafts[d]) == nodes_of(x_running.links[found->second]))
                    match(d, found->second);
            }
    }

    void by_nodes() {
        std::map<Nodes, std::vector<std::size_t>> free;  // the next one last
        for (std::size_t r = x_running.links.size(); r-- > 0;)
            if (!x_taken[r]) free[nodes_of(x_running.links[r])].push_back(r);
        for (std::size_t d = 0; d < x_drafts.size(); ++d) {
            if (x_of[d] != npos) continue;
            const auto found = free.find(nodes_of(x_drafts[d]));
            if (found == free.end() || found->second.empty()) continue;
            match(d, found->second.back());
            found->second.pop_back();
        }
    }

    // A LAN that has got or lost ends: two in common at least.
    void by_overlap() {
        std::map<std::string, std::set<std::size_t>> free;  // node → LANs that it is on
        for (std::size_t r = 0; r < x_running.links.size(); ++r)
            if (!x_taken[r])
                for (const Numbering::Place& end : x_running.links[r].ends)
                    free[end.first].insert(r);
        for (std::size_t d = 0; d < x_drafts.size(); ++d) {
            if (x_of[d] != npos) continue;
            std::map<std::size_t, std::size_t> common;
            for (const std::string& node : nodes_of(x_drafts[d]))
                if (const auto on = free.find(node); on != free.end())
                    for (const std::size_t r : on->second)
                        if (!x_taken[r]) ++common[r];
            const auto best =
                std::max_element(common.begin(), common.end(), [](const auto& a, const auto& b) {
                    return a.second < b.second;  // of equals the first
                });
            if (best != common.end() && best->second >= 2) match(d, best->first);
        }
    }

    void keep(LinkDraft& draft, const Numbering::Link& link) const {
        // An implied LAN is called otherwise than a pair.
        if ((draft.ends.size() > 2 || draft.plan->lan) == link.name.starts_with("lan-"))
            draft.kept_name = link.name;
        std::vector<Numbering::Place> ends = link.ends;
        for (DraftEnd& end : draft.ends) {
            const std::string& node = x_nodes.seeds[end.node].name;
            const auto found = std::find_if(ends.begin(), ends.end(),
                                            [&](const auto& place) { return place.first == node; });
            if (found == ends.end()) continue;
            end.kept = found->second;
            ends.erase(found);
        }
    }

    std::vector<LinkDraft>& x_drafts;
    const NodeList& x_nodes;
    Numbering& x_running;
    std::vector<std::size_t> x_of;  // draft → running link, npos: a new one
    std::vector<bool> x_taken;
};

}  // namespace

void match_running(std::vector<LinkDraft>& drafts, const NodeList& nodes, Numbering& running) {
    Matcher(drafts, nodes, running).run();
}

}  // namespace topology
