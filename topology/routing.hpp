// Inside the station `route`: who is whose neighbour, host gateways, shortest paths, written
// routes.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace topology {

// What a node speaks: as written, else by the files it brings, else by its kind.
std::vector<Routing> protocols(const Node& node);
bool speaks(const Node& node, Routing protocol);
// Own files under /etc/frr or /etc/bird: nothing is generated then.
bool brings_frr(const Node& node);
bool brings_bird(const Node& node);
// FRR or BIRD by files or lines of its own: it may speak any protocol.
bool configures_itself(const Node& node);

using NodeIndex = std::unordered_map<std::string, std::size_t>;
NodeIndex index_of(const Lab& lab);

// Ends that reach each other directly in one family: a network of a segment, or a segment without
// addresses of that family, crossed by link-local or borrowed ones.
struct Net {
    enum class Kind { subnet, unnumbered, link_local } kind = Kind::subnet;
    std::size_t segment = 0;
    Prefix prefix;  // of a subnet
    struct Member {
        End end;
        Ip ip;  // what the others use as next hop
    };
    std::vector<Member> members;  // end order
};

// The neighbourhoods of a lab in one family.
class Neighbours {
  public:
    Neighbours(const Lab& lab, Family family);

    struct Place {  // where an interface stands in a net
        std::size_t net = 0, member = 0;
        std::size_t interface = 0;
    };
    Family family() const { return family_; }
    const std::vector<Net>& nets() const { return nets_; }
    const std::vector<Place>& of(std::size_t node) const { return places_[node]; }
    // From `node` to `other` inside a VRF, out of `interface` only when it is given.
    struct Hop {
        Route::Hop hop;
        bool onlink = false;
    };
    std::optional<Hop> hop(std::size_t node, std::size_t other, const std::string& vrf,
                           std::optional<std::size_t> interface = std::nullopt) const;
    Hop hop_to(const Place& from, std::size_t member) const;

  private:
    const Lab& lab_;
    Family family_;
    std::vector<Net> nets_;
    std::vector<std::vector<Place>> places_;
};

// "neighbours of r1: r2, r3"
std::string neighbour_hint(const Lab& lab, const Neighbours& v4, const Neighbours& v6,
                           std::size_t node);

struct Roads {
    const Lab& lab;
    const NodeIndex& index;
    const Neighbours &v4, &v6;
    const Neighbours& in(Family family) const { return family == Family::ipv4 ? v4 : v6; }
};

// The interface of `node` in whose network an address lies, of those of a VRF that are up.
std::optional<std::size_t> interface_towards(const Node& node, const Ip& ip,
                                             const std::string& vrf = "");

std::vector<Route> written_routes(const Roads& roads, std::size_t node, Diagnostics& diagnostics);
// Default routes of the families that `wanted` asks for.
std::vector<Route> gateway_routes(const Roads& roads, std::size_t node, bool want4, bool want6,
                                  Diagnostics& diagnostics);
// Calls `sink` with each static router's routes, router by router, or with those of every n-th.
using RouteSink = std::function<bool(std::size_t node, std::vector<Route>)>;
void static_routes(const Roads& roads, const RouteSink& sink, std::size_t every = 1);

// Destinations of one family, arranged so that what shares next hops can be told in few routes.
class Destinations {
  public:
    static constexpr std::int32_t connected = -1, unreachable = -2;
    explicit Destinations(std::vector<Prefix> prefixes);  // sorted and unique
    const std::vector<Prefix>& prefixes() const { return prefixes_; }
    // values: per prefix an id of next hops, or one of the two above. Gives (prefix, id) pairs that
    // forward the same packets as one route a prefix would.
    void aggregate(const std::vector<std::int32_t>& values,
                   const std::function<void(const Prefix&, std::int32_t)>& emit);

  private:
    struct Branch {
        Prefix prefix;
        std::int32_t destination = -1, left = -1, right = -1;
    };
    std::int32_t build(std::size_t first, std::size_t last);
    std::vector<Prefix> prefixes_;
    std::vector<Branch> branches_;  // children before parents
    std::vector<std::int32_t> state_, covering_;
};

}  // namespace topology
