// Which networks go on: an edit may split a segment, join two, or move an end from one to another.
#include "topology/address.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace topology {
namespace {

// How many ends of a segment are in a network already.
struct Vote {
    std::size_t segment = 0;
    HeldNetworks networks;
    std::size_t staying = 0, moved = 0;
};

std::vector<Vote> votes_of(const Lab& lab, const Numbering& running) {
    std::vector<Vote> out;
    for (std::size_t s = 0; s < lab.segments.size(); ++s) {
        std::map<HeldNetworks, Vote> votes;
        for (const End& end : lab.segments[s].ends) {
            const Numbering::Interface* held =
                running.find(lab.nodes[end.node].name, lab.at(end).name);
            if (held == nullptr || (!held->ipv4 && !held->ipv6)) continue;
            Vote& vote = votes[{held->ipv4, held->ipv6}];
            ++(held->moved ? vote.moved : vote.staying);
        }
        for (auto& [networks, vote] : votes) {
            vote.segment = s;
            vote.networks = networks;
            out.push_back(vote);
        }
    }
    return out;
}

}  // namespace

std::vector<HeldNetworks> held_networks(const Lab& lab, const Numbering& running) {
    std::vector<Vote> votes = votes_of(lab, running);
    // Of equals the first segment of the file.
    std::stable_sort(votes.begin(), votes.end(), [](const Vote& a, const Vote& b) {
        return std::tie(a.staying, a.moved) > std::tie(b.staying, b.moved);
    });
    std::vector<HeldNetworks> out(lab.segments.size());
    std::vector<bool> has(lab.segments.size(), false);
    std::set<Prefix> given;
    for (const Vote& vote : votes) {
        const auto& [ipv4, ipv6] = vote.networks;
        if (has[vote.segment]) continue;
        if ((ipv4 && given.contains(*ipv4)) || (ipv6 && given.contains(*ipv6))) continue;
        if (ipv4) given.insert(*ipv4);
        if (ipv6) given.insert(*ipv6);
        has[vote.segment] = true;
        out[vote.segment] = vote.networks;
    }
    return out;
}

}  // namespace topology
