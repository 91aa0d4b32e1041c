// Inside `expected_routes`: what each kind of protocol brings.
#pragma once

#include "topology/configure.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <vector>

namespace topology {

// Networks by node.
using Learned = std::map<std::size_t, std::set<Prefix>>;

// Does labd configure this protocol there? What files of a node's own say is nobody's guess.
bool runs(const Speakers& speakers, std::size_t node, Routing protocol);

// Who hears of whom by OSPF, IS-IS, RIP and Babel, each family by itself.
class Igps {
  public:
    explicit Igps(const Speakers& speakers);
    // Does one of them carry packets from one node to the other?
    bool join(std::size_t one, std::size_t other, Family family) const;
    // What every speaker hears from the others.
    void learn(Learned& learned) const;

  private:
    struct Area {
        Routing protocol;
        Family family;
        std::vector<std::size_t> group;  // by node; npos where it is not spoken
    };
    const Speakers& speakers_;
    std::vector<std::vector<Port>> ports_;  // by node
    std::vector<Area> areas_;
};

// What BGP brings to every speaker.
void learn_by_bgp(const Speakers& speakers, const Igps& igps, Learned& learned);

}  // namespace topology
