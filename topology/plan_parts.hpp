// Parts of plan(): what the steps are made from, one noun each.
#pragma once

#include "topology/plan.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace topology {

// The wish with the fabric's devices called and numbered as what already serves the same ends.
// Their names say nothing to anybody, and an edit must not rebuild what runs.
State align_fabric(const State& wish, const State& seen);

// Namespaces that go, or go and come back: unwished, of another kind, of another birth, without
// the contents that belong to them.
std::set<std::string> doomed_spaces(const State& wish, const State& seen);

// Nodes to be born again where their cables are, and how their namespaces look right after that:
// only the cables have come along.
std::set<std::string> waking_nodes(const State& wish, const State& seen,
                                   const std::set<std::string>& doomed);
State awakened(const State& seen, const std::set<std::string>& waking);

// What differs in the namespaces that stay, and what those that come need. What a doomed one
// holds goes with it: the kernel takes a namespace away whole, many times faster than link by link.
class NetworkPlan {
  public:
    NetworkPlan(const State& wish, const State& seen, const std::set<std::string>& doomed);

    void removals(std::vector<Step>& out) const;
    void creations(std::vector<Step>& out) const;

  private:
    using Entry = std::pair<const std::string, Space>;
    bool lives(const std::string& space) const;
    bool is_as_wished(const Entry& seen) const;
    void find_moves();
    std::optional<MoveVeth> move_of(const DeviceEnd& end, const Device& seen) const;
    bool stays(const DeviceEnd& end) const;
    bool address_stays(const DeviceEnd& end, const Prefix& address) const;
    bool route_stays(const std::string& space, const RouteKey& key, const Route& seen) const;
    bool disturbed(const std::string& space, const Route& seen) const;
    bool loses_bridge(const std::string& space, const Device& seen) const;

    void remove_routes(std::vector<Step>& out) const;
    void remove_addresses(std::vector<Step>& out) const;
    void remove_devices(std::vector<Step>& out) const;
    void create_devices(std::vector<Step>& out) const;
    void change_devices(std::vector<Step>& out) const;
    void add_addresses(std::vector<Step>& out) const;
    void change_ground(std::vector<Step>& out) const;
    void add_routes(std::vector<Step>& out) const;

    const State& wish_;
    const State& seen_;
    const std::set<std::string>& doomed_;
    // Only these are gone through, for a lab may have thousands of namespaces and an edit touches
    // two. The others are as wished, and so is what is at the other ends of their cables.
    std::vector<const Entry*> seen_differing_, wish_differing_;
    std::set<DeviceEnd> staying_;  // of those
    std::vector<MoveVeth> moves_;
    std::set<DeviceEnd> unplugged_, plugged_;  // what their far ends are now, and will be
};

void plan_contents(const State& wish, const State& seen, const std::set<std::string>& doomed,
                   std::vector<Step>& out);

// What makes a device another one; everything else can be changed while it runs.
bool same_identity(const Device& wish, const Device& seen);

// A route as wished is served by one that the kernel shows: it names interfaces that the wish may
// leave open, and hops have no order.
bool serves(const Route& wish, const Route& seen);

// nullptr when there is none.
const Device* find_device(const State& state, const DeviceEnd& end);

}  // namespace topology
