// See all_ways.hpp.
#include "labd/check/all_ways.hpp"

#include <algorithm>

namespace labd::check {
namespace {

using topology::Ip;

constexpr std::uint32_t main_routes = 254;

// The longest match; of equal ones that of the least metric. IPv6 lists equal hops as routes of
// their own, so there may be several.
std::vector<Reading::Hop> hops_to(const Reading& reading, const Ip& to, bool& known) {
    const Reading::Route* best = nullptr;
    std::vector<Reading::Hop> out;
    for (const Reading::Route& route : reading.routes) {
        if (route.table != main_routes || route.destination.ip.family != to.family ||
            !route.destination.contains(to))
            continue;
        const bool better =
            best == nullptr || route.destination.length > best->destination.length ||
            (route.destination.length == best->destination.length && route.metric < best->metric);
        const bool equal = best != nullptr &&
                           route.destination.length == best->destination.length &&
                           route.metric == best->metric;
        if (better) out.clear(), best = &route;
        if (better || equal) out.insert(out.end(), route.hops.begin(), route.hops.end());
    }
    known = best != nullptr;
    return out;
}

class Walker {
  public:
    Walker(const topology::Lab& lab, const std::map<std::string, Reading>& readings, const Ip& to,
           std::size_t most)
        : lab_(lab), readings_(readings), to_(to), most_(most) {}

    void go(const std::string& node) {
        if (full()) return;
        const bool again = std::find(nodes_.begin(), nodes_.end(), node) != nodes_.end();
        nodes_.push_back(node);
        if (again)
            end(false, "goes in a circle");
        else
            step(node);
        nodes_.pop_back();
    }

    std::vector<OneWay> ways;
    bool more = false;

  private:
    bool full() {
        more = more || ways.size() >= most_;
        return ways.size() >= most_;
    }

    void end(bool arrived, std::string why) {
        if (!full()) ways.push_back({nodes_, arrived, std::move(why)});
    }

    void step(const std::string& node) {
        const auto reading = readings_.find(node);
        if (reading == readings_.end()) return end(false, node + " cannot be read");
        if (holds(reading->second, to_)) return end(true, "");
        bool known = false;
        const std::vector<Reading::Hop> hops = hops_to(reading->second, to_, known);
        if (hops.empty())
            return end(false, (known ? "a blackhole route at " : "no route at ") + node);
        for (const Reading::Hop& hop : hops) {
            const std::string next = behind(node, hop);
            if (next.empty())
                end(false,
                    "nobody on " + node + "'s " + hop.dev + " has " + hop.via.value_or(to_).text());
            else
                go(next);
        }
    }

    static bool holds(const Reading& reading, const Ip& ip) {
        return std::any_of(reading.addresses.begin(), reading.addresses.end(),
                           [&](const Reading::Address& a) { return a.prefix.ip == ip; });
    }

    // Who on the wire behind the interface has the next address.
    std::string behind(const std::string& name, const Reading::Hop& hop) const {
        const topology::Node* node = lab_.find(name);
        if (node == nullptr) return "";
        for (const topology::Interface& interface : node->interfaces) {
            if (interface.name != hop.dev || interface.segment >= lab_.segments.size()) continue;
            for (const topology::End& end : lab_.segments[interface.segment].ends) {
                const topology::Node& other = lab_.nodes[end.node];
                const auto reading = readings_.find(other.name);
                if (&other == node || reading == readings_.end()) continue;
                for (const Reading::Address& a : reading->second.addresses)
                    if (a.prefix.ip == hop.via.value_or(to_) &&
                        (a.dev == lab_.at(end).name || a.dev == "lo"))
                        return other.name;
            }
        }
        return "";
    }

    const topology::Lab& lab_;
    const std::map<std::string, Reading>& readings_;
    const Ip to_;
    const std::size_t most_;
    std::vector<std::string> nodes_;
};

}  // namespace

std::vector<OneWay> all_ways(const topology::Lab& lab,
                             const std::map<std::string, Reading>& readings,
                             const std::string& from, const Ip& to, std::size_t most, bool& more) {
    Walker walker(lab, readings, to, most);
    walker.go(from);
    more = walker.more;
    // Kernels list equal hops in any order.
    std::sort(walker.ways.begin(), walker.ways.end(),
              [](const OneWay& a, const OneWay& b) { return a.nodes < b.nodes; });
    return std::move(walker.ways);
}

}  // namespace labd::check
