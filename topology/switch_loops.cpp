// See switch_loops.hpp. Vertices are switches, VLAN by VLAN, and implied bridges, without those
// that run STP: one such bridge in a loop hears its own BPDUs come back and blocks a port.
#include "topology/switch_loops.hpp"

#include "topology/address.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace topology {
namespace {

// Where two bridges meet on a link: frames of VLAN `first` in the one are of `second` in the other;
// 0 where VLANs are not told apart.
std::vector<std::pair<VlanId, VlanId>> common_vlans(const Lab& lab, const End& a, const End& b) {
    const auto ways = [&](const End& end) {
        std::map<VlanId, VlanId> out;  // tag on the link → VLAN inside
        if (!lab.nodes[end.node].vlan_filtering)
            out[0] = 0;
        else
            for (const auto& [id, way] : port_vlans(lab.at(end).vlans))
                out[way.untagged ? VlanId{0} : id] = id;
        return out;
    };
    std::vector<std::pair<VlanId, VlanId>> out;
    const std::map<VlanId, VlanId> there = ways(b);
    for (const auto& [tag, id] : ways(a))
        if (const auto found = there.find(tag); found != there.end())
            out.emplace_back(id, found->second);
    return out;
}

// Trees of bridges, and the loop that one more join would make.
class Loops {
  public:
    using Vertex = std::pair<std::size_t, VlanId>;

    // Empty when there is none.
    std::vector<Vertex> join(const Vertex& a, const Vertex& b) {
        if (root(a) == root(b)) return path(a, b);
        tree_[root(a)] = root(b);
        forest_[a].push_back(b);
        forest_[b].push_back(a);
        return {};
    }

  private:
    Vertex root(Vertex vertex) {
        for (;;) {
            const auto found = tree_.find(vertex);
            if (found == tree_.end() || found->second == vertex) return vertex;
            vertex = found->second;
        }
    }
    std::vector<Vertex> path(const Vertex& from, const Vertex& to) {
        std::map<Vertex, Vertex> before{{from, from}};
        std::vector<Vertex> queue{from};
        for (std::size_t i = 0; i < queue.size() && !before.contains(to); ++i)
            for (const Vertex& next : forest_[queue[i]])
                if (before.emplace(next, queue[i]).second) queue.push_back(next);
        std::vector<Vertex> way;
        for (Vertex at = to; at != from; at = before.at(at)) way.push_back(at);
        way.push_back(from);
        return way;
    }

    std::map<Vertex, Vertex> tree_;
    std::map<Vertex, std::vector<Vertex>> forest_;
};

}  // namespace

void check_loops(const Lab& lab, Diagnostics& diagnostics) {
    const std::size_t nodes = lab.nodes.size();
    Loops loops;
    const auto name = [&](const Loops::Vertex& vertex) {
        return vertex.first < nodes ? lab.nodes[vertex.first].name
                                    : lab.links[vertex.first - nodes].name;
    };
    const auto join = [&](const Loops::Vertex& a, const Loops::Vertex& b, const Where& where) {
        const std::vector<Loops::Vertex> way = loops.join(a, b);
        if (way.empty()) return true;
        std::string loop;
        for (auto at = way.rbegin(); at != way.rend(); ++at)
            loop += (loop.empty() ? "" : "–") + name(*at);
        if (a.second > 1) loop += " (VLAN " + std::to_string(a.second) + ")";
        diagnostics.error("D59", where, loop + " is a loop without STP",
                          "stp = true on " + lab.nodes[a.first].name);
        return false;
    };
    for (std::size_t l = 0; l < lab.links.size(); ++l) {
        const Link& link = lab.links[l];
        std::vector<End> bridges;
        for (const End& end : link.ends)
            if (const std::size_t port = taking_part(lab, l, end);
                port != npos && lab.nodes[end.node].is_bridge() && !lab.nodes[end.node].stp)
                bridges.push_back({end.node, port});
        if (link.ends.size() > 2) {
            for (const End& bridge : bridges) {
                const bool aware = lab.nodes[bridge.node].vlan_filtering;
                const PortVlans vlans = aware ? port_vlans(lab.at(bridge).vlans) : PortVlans{};
                if (!aware) (void)join({bridge.node, 0}, {nodes + l, 0}, link.where);
                for (const auto& [id, way] : vlans)
                    if (!join({bridge.node, id}, {nodes + l, way.untagged ? VlanId{0} : id},
                              link.where))
                        break;
            }
        } else if (bridges.size() == 2) {
            // Once a link, however many VLANs go round.
            for (const auto& [first, second] : common_vlans(lab, bridges[0], bridges[1]))
                if (!join({bridges[0].node, first}, {bridges[1].node, second}, link.where)) break;
        }
    }
}

}  // namespace topology
