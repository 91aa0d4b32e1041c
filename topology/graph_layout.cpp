// Where things go: as the file says where it says so, else by forces (Fruchterman and Reingold,
// 1991), from a fixed start so that one file always gives one picture.
#include "topology/graph.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace topology {
namespace {

constexpr double step = 150;  // pixels between neighbours, about
constexpr double margin = 80;

struct Edge {
    std::size_t a, b;
};

class Forces {
  public:
    Forces(std::vector<Edge> edges, std::size_t count) : edges_(std::move(edges)), at_(count) {
        place_in_circles();
    }

    std::vector<Point> run() {
        // All pairs push each other: beyond some hundred nodes fewer rounds must do.
        const std::size_t rounds = at_.size() < 200 ? 400 : at_.size() < 1000 ? 60 : 0;
        double reach = step * std::sqrt(static_cast<double>(at_.size()));
        for (std::size_t round = 0; round < rounds; ++round, reach *= 0.985) move(reach);
        return at_;
    }

  private:
    // Breadth first from the node with the most links, ring by ring.
    void place_in_circles() {
        std::vector<std::vector<std::size_t>> near(at_.size());
        for (const Edge& edge : edges_) {
            near[edge.a].push_back(edge.b);
            near[edge.b].push_back(edge.a);
        }
        std::vector<std::size_t> order;
        std::vector<char> seen(at_.size(), 0);
        std::vector<std::size_t> by_degree(at_.size());
        for (std::size_t n = 0; n < at_.size(); ++n) by_degree[n] = n;
        std::stable_sort(by_degree.begin(), by_degree.end(), [&](std::size_t a, std::size_t b) {
            return near[a].size() > near[b].size();
        });
        for (const std::size_t start : by_degree) {
            if (seen[start] != 0) continue;
            seen[start] = 1;
            order.push_back(start);
            for (std::size_t i = order.size() - 1; i < order.size(); ++i)
                for (const std::size_t next : near[order[i]])
                    if (seen[next] == 0) {
                        seen[next] = 1;
                        order.push_back(next);
                    }
        }
        // A sunflower: the golden angle keeps neighbours in order apart.
        constexpr double golden = std::numbers::pi * 0.7639320225;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const double radius = step * 0.7 * std::sqrt(static_cast<double>(i));
            const double angle = golden * static_cast<double>(i);
            at_[order[i]] = {radius * std::cos(angle), radius * std::sin(angle)};
        }
    }

    void move(double reach) {
        std::vector<Point> force(at_.size());
        for (std::size_t a = 0; a < at_.size(); ++a) {
            for (std::size_t b = a + 1; b < at_.size(); ++b) {
                const double dx = at_[a].x - at_[b].x, dy = at_[a].y - at_[b].y;
                const double square = std::max(dx * dx + dy * dy, 1.0);
                const double push = 1.5 * step * step / square;
                force[a].x += dx * push, force[a].y += dy * push;
                force[b].x -= dx * push, force[b].y -= dy * push;
            }
            // Parts that no link joins must not drift apart for ever.
            force[a].x -= at_[a].x * 0.05, force[a].y -= at_[a].y * 0.05;
        }
        for (const Edge& edge : edges_) {
            const double dx = at_[edge.a].x - at_[edge.b].x, dy = at_[edge.a].y - at_[edge.b].y;
            const double pull = std::sqrt(dx * dx + dy * dy) / step;
            force[edge.a].x -= dx * pull, force[edge.a].y -= dy * pull;
            force[edge.b].x += dx * pull, force[edge.b].y += dy * pull;
        }
        for (std::size_t n = 0; n < at_.size(); ++n) {
            const double length = std::hypot(force[n].x, force[n].y);
            if (length < 1e-9) continue;
            const double way = std::min(length, reach * 0.1) / length;
            at_[n].x += force[n].x * way;
            at_[n].y += force[n].y * way;
        }
    }

    std::vector<Edge> edges_;
    std::vector<Point> at_;
};

// Positions may be pixels or degrees: they are scaled so that links get room for their labels.
// Degrees (longitude, latitude) count upwards, pixels downwards.
void written_places(const Lab& lab, const std::vector<Edge>& edges, std::vector<Point>& at) {
    bool degrees = true, fraction = false;
    for (std::size_t n = 0; n < lab.nodes.size(); ++n) {
        const auto [x, y] = *lab.nodes[n].position;
        at[n] = {x, y};
        degrees = degrees && std::abs(x) <= 180 && std::abs(y) <= 90;
        fraction = fraction || x != std::floor(x) || y != std::floor(y);
    }
    std::vector<double> lengths;
    for (const Edge& edge : edges) {
        if (edge.a >= lab.nodes.size() || edge.b >= lab.nodes.size()) continue;
        const double length = std::hypot(at[edge.a].x - at[edge.b].x, at[edge.a].y - at[edge.b].y);
        if (length > 0) lengths.push_back(length);
    }
    std::sort(lengths.begin(), lengths.end());
    const double scale = lengths.empty() ? 1 : 1.3 * step / lengths[lengths.size() / 3];
    for (std::size_t n = 0; n < lab.nodes.size(); ++n) {
        at[n].x *= scale;
        at[n].y *= degrees && fraction ? -scale * 1.3 : scale;
    }
}

}  // namespace

Layout lay_out(const Lab& lab) {
    std::vector<Edge> edges;
    std::size_t count = lab.nodes.size();
    std::vector<std::size_t> middle(lab.links.size(), npos);
    for (std::size_t l = 0; l < lab.links.size(); ++l) {
        const Link& link = lab.links[l];
        if (link.ends.size() == 2) {
            edges.push_back({link.ends[0].node, link.ends[1].node});
            continue;
        }
        middle[l] = count++;
        for (const End& end : link.ends) edges.push_back({end.node, middle[l]});
    }
    std::vector<Point> at = Forces(edges, count).run();

    const bool written = !lab.nodes.empty() &&
                         std::all_of(lab.nodes.begin(), lab.nodes.end(),
                                     [](const Node& node) { return node.position.has_value(); });
    if (written) {
        written_places(lab, edges, at);
        for (std::size_t l = 0; l < lab.links.size(); ++l) {
            if (middle[l] == npos) continue;
            Point sum;
            for (const End& end : lab.links[l].ends) {
                sum.x += at[end.node].x;
                sum.y += at[end.node].y;
            }
            const auto ends = static_cast<double>(lab.links[l].ends.size());
            at[middle[l]] = {sum.x / ends + (ends < 2 ? 70 : 0), sum.y / ends};
        }
    }

    Layout layout;
    if (at.empty()) return layout;
    Point low = at[0], high = at[0];
    for (const Point& point : at) {
        low = {std::min(low.x, point.x), std::min(low.y, point.y)};
        high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
    for (Point& point : at) {
        point.x += margin - low.x;
        point.y += margin - low.y;
    }
    layout.width = high.x - low.x + 2 * margin;
    layout.height = high.y - low.y + 2 * margin;
    layout.nodes.assign(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(lab.nodes.size()));
    layout.links.resize(lab.links.size());
    for (std::size_t l = 0; l < lab.links.size(); ++l)
        if (middle[l] != npos) layout.links[l] = at[middle[l]];
    return layout;
}

}  // namespace topology
