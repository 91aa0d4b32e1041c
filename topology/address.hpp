// Inside the station `address`: segments, the pools that give them networks, the numbers of ends.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"
#include "topology/number.hpp"
#include "topology/numbering.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace topology {

// What the links and switches of a segment say about its network.
struct NetworkKeys {
    std::optional<std::pair<Prefix, Where>> ipv4, ipv6;
    Text pool;
};

// Fills Lab::segments and Interface::segment; the answer is parallel to Lab::segments.
std::vector<NetworkKeys> find_segments(Lab& lab, Diagnostics& diagnostics);

// The interface by which an end takes part in its link: itself, or the bond that it is the first
// member of. npos for the others of a bond.
std::size_t taking_part(const Lab& lab, std::size_t link, const End& end);
// Node::id of routers and of nodes with a loopback; Node::loopbacks.
void number_nodes(Lab& lab, const Numbering& running, Diagnostics& diagnostics);

// Takes a place among the routers of a network (1 to 10), and is an end of the pool "links".
bool is_router_end(const Node& node);
// bare and external nodes hold no address that labd chooses.
bool takes_addresses(const Node& node);
// What an end asks for; no IPv6 where the MTU forbids it.
AddressMode mode_of(const Interface& interface, Family family);
bool has_explicit(const Interface& interface, Family family);

// How many ends want a number from a network.
struct Demand {
    bool point_to_point = false;  // two routers and no switch between them
    std::uint64_t routers = 0, others = 0;
};

// The number of the last end when a network of so many host bits is filled as language.md 6.4 says.
std::uint64_t highest_number(const Demand& demand, unsigned host_bits);
bool fits(const Demand& demand, Family family, unsigned host_bits);

// The networks that each segment has in the lab that runs, those given to another one left out;
// parallel to Lab::segments.
struct HeldNetworks {
    std::optional<Prefix> ipv4, ipv6;
    auto operator<=>(const HeldNetworks&) const = default;
};
std::vector<HeldNetworks> held_networks(const Lab& lab, const Numbering& running);

// Networks from pools: one counter a pool, common to both families.
class Pools {
  public:
    Pools(const Lab& lab, Diagnostics& diagnostics);
    ~Pools();
    Pools(const Pools&) = delete;
    Pools& operator=(const Pools&) = delete;

    using Grant = HeldNetworks;
    // What a segment that runs `held`, as far as `pool` could still give it; nobody else gets it.
    Grant keep(const std::string& pool, bool ipv4, bool ipv6, const Grant& held,
               const Demand& demand);
    // What `link` gets from `pool`, in the families that it wants and the pool has; `kept` is what
    // its segment goes on with.
    Grant draw(const std::string& pool, bool ipv4, bool ipv6, const Demand& demand,
               const Grant& kept, const std::string& link, const Where& where);

  private:
    struct State;
    static std::optional<Prefix> network4(const State& state, std::uint64_t number,
                                          const Demand& demand, std::uint64_t& width);
    static std::optional<Prefix> network6(State& state, std::uint64_t number, const Demand& demand);
    Grant draw_beside(State& state, bool ipv4, bool ipv6, const Demand& demand, const Grant& kept);
    bool place(State& state, std::uint64_t number, const Demand& demand, Grant& grant,
               std::uint64_t& width) const;
    const Lab& lab_;
    Diagnostics& diagnostics_;
    Blocks taken4_, taken6_;
    std::vector<State> states_;
};

// Numbers inside a segment's networks, for the ends that have none.
void number_ends(Lab& lab, const Segment& segment, bool point_to_point, const Numbering& running,
                 Diagnostics& diagnostics);

}  // namespace topology
