// no-loops: the real forwarding tables of all nodes, followed towards every node's address. No
// packet is sent.
#include "labd/check/owners.hpp"
#include "labd/check/subjects.hpp"
#include "topology/stages.hpp"

#include <algorithm>
#include <set>

namespace labd::check {
namespace {

using topology::subject::NoLoops;

constexpr std::uint32_t main_table = 254;

// The longest match; of equal ones that of the least metric.
const Reading::Route* look_up(const Reading& reading, const topology::Ip& ip) {
    const Reading::Route* best = nullptr;
    for (const Reading::Route& route : reading.routes) {
        if (route.table != main_table || route.destination.ip.family != ip.family ||
            !route.destination.contains(ip))
            continue;
        if (best == nullptr || route.destination.length > best->destination.length ||
            (route.destination.length == best->destination.length && route.metric < best->metric))
            best = &route;
    }
    return best;
}

class Follower {
  public:
    Follower(const Answers& answers, const Owners& owners, const topology::Ip& ip)
        : answers_(answers), owners_(owners), ip_(ip) {}

    // The nodes of a circle, in order, the first one again at the end; empty: there is none.
    std::vector<std::string> circle_from(const std::string& node) {
        const auto at = std::find(way_.begin(), way_.end(), node);
        if (at != way_.end()) {
            std::vector<std::string> circle(at, way_.end());
            circle.push_back(node);
            return circle;
        }
        if (!done_.insert(node).second || owners_.is(ip_, node)) return {};
        const auto reading = answers_.spaces.find(node);
        if (reading == answers_.spaces.end()) return {};
        const Reading::Route* route = look_up(reading->second, ip_);
        if (route == nullptr) return {};
        way_.push_back(node);
        std::vector<std::string> circle;
        for (const Reading::Hop& hop : route->hops) {
            if (!hop.via || !circle.empty()) continue;
            for (const std::string& next : owners_.of(*hop.via))
                if (circle.empty()) circle = circle_from(next);
        }
        way_.pop_back();
        return circle;
    }

  private:
    const Answers& answers_;
    const Owners& owners_;
    topology::Ip ip_;
    std::vector<std::string> way_;
    std::set<std::string> done_;  // everything behind them has been seen
};

}  // namespace

Question ask(const NoLoops&, const topology::Lab& lab) {
    Question question;
    for (const topology::Node& node : lab.nodes)
        if (!node.is_bridge()) question.spaces.push_back(node.name);
    return question;
}

Verdict judge(const NoLoops&, const topology::Lab& lab, const Answers& answers) {
    Verdict verdict;
    const Owners owners(lab);
    std::size_t looked = 0;
    std::string found;
    for (const topology::Node& target : lab.nodes)
        for (const topology::Family family : {topology::Family::ipv4, topology::Family::ipv6}) {
            const auto ip = topology::primary(target, family);
            if (!ip || !found.empty()) continue;
            ++looked;
            Follower follower(answers, owners, *ip);
            for (const topology::Node& source : lab.nodes) {
                const std::vector<std::string> circle = follower.circle_from(source.name);
                if (circle.empty()) continue;
                for (const std::string& node : circle) found += (found.empty() ? "" : " → ") + node;
                found =
                    "packets to " + target.name + " (" + ip->text() + ") go in a circle: " + found;
                break;
            }
        }
    for (const auto& [node, why] : answers.dead) verdict.broken = node + ": " + why;
    verdict.findings.push_back(
        {"", found.empty(),
         found.empty() ? "none towards " + std::to_string(looked) + " addresses" : found});
    return verdict;
}

}  // namespace labd::check
