// The station `route`: after it Node::routes holds everything labd installs.
#include "topology/routing.hpp"

#include "topology/late.hpp"
#include "topology/stages.hpp"

#include <algorithm>
#include <set>

namespace topology {
namespace {

// A lab's routes are kept in memory here and in the kernel, at about 200 bytes each.
constexpr std::size_t limit = 2'000'000;

bool own_file(const Node& node, const std::string& folder, const std::string& suffix,
              const std::string& but = "") {
    for (auto file = node.files.lower_bound(folder);
         file != node.files.end() && file->first.compare(0, folder.size(), folder) == 0; ++file)
        if (file->second.origin != File::Origin::generated && file->first != folder + but &&
            file->first.size() >= suffix.size() &&
            file->first.compare(file->first.size() - suffix.size(), suffix.size(), suffix) == 0)
            return true;
    return false;
}

// What a VRF's table does not know would be looked up in the main one: here it ends. The metric is
// the largest that programs of the kernel's documentation use (Documentation/networking/vrf.rst).
void close_vrfs(const Node& node, std::vector<Route>& routes) {
    constexpr std::uint32_t last_resort = 4278198272;
    for (const Vrf& vrf : node.vrfs)
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            Route route;
            route.destination.ip.family = family;
            route.metric = last_resort;
            route.table = vrf.table;
            route.origin = Route::Origin::computed;
            route.where = vrf.where;
            const bool said = std::any_of(routes.begin(), routes.end(), [&](const Route& other) {
                return other.destination == route.destination && other.table == route.table &&
                       other.metric == route.metric;
            });
            if (!said) routes.push_back(std::move(route));
        }
}

std::string thousands(std::size_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
    return text;
}

}  // namespace

bool brings_frr(const Node& node) {
    return own_file(node, "/etc/frr/", ".conf");
}
bool brings_bird(const Node& node) {
    return own_file(node, "/etc/bird/", "bird.conf");
}

bool configures_itself(const Node& node) {
    return brings_frr(node) || brings_bird(node) || speaks(node, Routing::frr) ||
           speaks(node, Routing::bird);
}

std::vector<Routing> protocols(const Node& node) {
    if (!node.routing.empty()) return node.routing;
    if (node.kind == Kind::bare || node.kind == Kind::external) return {};
    if (node.is_bridge() && !node.forwards()) return {};
    std::vector<Routing> list;
    if (brings_frr(node)) list.push_back(Routing::frr);
    if (brings_bird(node)) list.push_back(Routing::bird);
    if (list.empty() && node.forwards()) {
        list.push_back(Routing::static_);
        // Lines for frr.conf want somebody who reads them.
        if (!node.frr.text.empty()) list.push_back(Routing::frr);
    }
    return list;
}

bool speaks(const Node& node, Routing protocol) {
    const std::vector<Routing> list = protocols(node);
    return std::find(list.begin(), list.end(), protocol) != list.end();
}

namespace {

// All shortest paths of thousands of routers take seconds, and one mistake in them there may be:
// that they are too many. Some routers' routes say whether it is near.
bool surely_few(const Roads& roads, std::size_t others) {
    constexpr std::size_t sample = 32;
    std::size_t routers = 0, found = 0;
    for (const Node& node : roads.lab.nodes) routers += speaks(node, Routing::static_);
    const std::size_t every = std::max<std::size_t>(1, routers / sample);
    const auto add = [&](std::size_t, const std::vector<Route>& routes) {
        found += routes.size();
        return true;
    };
    static_routes(roads, add, every);
    return others + found * every < limit / 2;
}

}  // namespace

void route(Lab& lab, Diagnostics& diagnostics, bool only_mistakes) {
    substitute_routes(lab, diagnostics);
    if (diagnostics.failed()) return;
    const NodeIndex index = index_of(lab);
    const Neighbours v4(lab, Family::ipv4), v6(lab, Family::ipv6);
    const Roads roads{lab, index, v4, v6};

    // Routes of all nodes are gathered beside the lab, which `roads` reads all the while.
    std::vector<std::vector<Route>> gathered(lab.nodes.size());
    std::size_t count = 0;
    for (std::size_t n = 0; n < lab.nodes.size(); ++n) {
        const Node& node = lab.nodes[n];
        if (node.kind == Kind::bare || (node.is_bridge() && !node.forwards())) continue;
        gathered[n] = written_routes(roads, n, diagnostics);
        const auto has_default = [&](Family family) {
            return std::any_of(gathered[n].begin(), gathered[n].end(), [&](const Route& route) {
                return route.destination.is_default() && route.destination.ip.family == family &&
                       route.table == 254;
            });
        };
        std::vector<Route> gateways = gateway_routes(roads, n, !has_default(Family::ipv4),
                                                     !has_default(Family::ipv6), diagnostics);
        for (Route& route : gateways) gathered[n].push_back(std::move(route));
        close_vrfs(lab.nodes[n], gathered[n]);
        count += gathered[n].size();
    }
    if (!diagnostics.failed() && !(only_mistakes && surely_few(roads, count))) {
        static_routes(roads, [&](std::size_t n, std::vector<Route> computed) {
            // What is written, or is somebody's gateway, wins over what was computed.
            std::set<std::pair<Prefix, std::uint32_t>> said;
            for (const Route& route : gathered[n]) said.emplace(route.destination, route.table);
            for (Route& route : computed)
                if (!said.contains({route.destination, route.table}))
                    gathered[n].push_back(std::move(route));
            count += computed.size();
            return count <= limit;
        });
        if (count > limit) {
            std::size_t routers = 0;
            for (const Node& node : lab.nodes) routers += speaks(node, Routing::static_);
            diagnostics.error("D61", {},
                              "too many static routes: " + thousands(routers) + " routers × " +
                                  thousands(v4.nets().size() + v6.nets().size()) +
                                  " networks make more than " + thousands(limit),
                              "routing = \"ospf\"");
        }
    }
    for (std::size_t n = 0; n < lab.nodes.size(); ++n) lab.nodes[n].routes = std::move(gathered[n]);
}

}  // namespace topology
