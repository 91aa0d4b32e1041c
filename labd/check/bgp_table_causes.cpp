// BGP: a network that stands in somebody's table, and comes no further.
#include "labd/check/routing_evidence.hpp"
#include "labd/check/subjects.hpp"

#include <algorithm>
#include <sstream>

namespace labd::check {
namespace {

namespace json = boost::json;
using topology::Ip;
using topology::Prefix;

// The paths to the network in the router's table, a JSON array; nullptr = none.
class BgpPaths {
  public:
    BgpPaths(const Router& router, const Prefix& network)
        : table_(router.answer(network.ip.family == topology::Family::ipv6
                                   ? frr_says::bgp_table6
                                   : frr_says::bgp_table4)) {
        const json::value* found = json_member(json_member(&table_, "routes"), network.text());
        if (found != nullptr && found->is_array()) list_ = &found->get_array();
    }
    bool any() const { return list_ != nullptr && !list_->empty(); }
    const json::value* best() const {
        if (list_ == nullptr) return nullptr;
        const auto at = std::find_if(list_->begin(), list_->end(), [](const json::value& path) {
            return json_text(&path, "bestpath") == "true";
        });
        return at == list_->end() ? nullptr : &*at;
    }
    // Of those that are there all the same.
    const json::value* unusable() const {
        if (!any() || best() != nullptr) return nullptr;
        return json_text(&list_->front(), "valid") == "true" ? nullptr : &list_->front();
    }

  private:
    json::value table_;
    const json::array* list_ = nullptr;
};

const Router* router_with(const Routers& all, const std::string& address) {
    const auto ip = Ip::parse(address);
    for (const auto& [name, router] : all)
        for (const Reading::Address& a : router.reading->addresses)
            if (ip && a.prefix.ip == *ip) return &router;
    return nullptr;
}

std::string hop_of(const json::value* path) {
    const json::value* hops = json_member(path, "nexthops");
    if (hops == nullptr || !hops->is_array() || hops->get_array().empty()) return "";
    return json_text(&hops->get_array().front(), "ip");
}

bool in_path(const std::string& words, const std::string& wanted) {
    std::istringstream in(words);
    for (std::string word; in >> word;)
        if (word == wanted) return true;
    return false;
}

// A line of the router about this neighbour, of any family.
bool says(const Router& router, const std::string& peer, const std::string& words) {
    const std::string process = router.config.find("router bgp");
    for (const std::string& section : router.config.beginning_with(process))
        for (const std::string& line : router.config.section(section))
            if (line.starts_with("neighbor " + peer + " " + words)) return true;
    return false;
}

// One established session: what `router` lacks and the one at `address` has.
void not_passed_on(const Router& router, const std::string& address, const json::value& told,
                   const Prefix& network, const Routers& all, CauseList& causes) {
    const Router* other = router_with(all, address);
    if (other == nullptr || json_text(&told, "bgpState") != "Established") return;
    const BgpPaths theirs(*other, network);
    const json::value* best = theirs.best();
    if (best == nullptr) return;
    const std::string own = json_text(&told, "localAs");
    const bool inner = own == json_text(&told, "remoteAs");
    std::string path = json_text(best, "path");
    if (path.empty()) path = json_text(best, "aspath");
    const std::string here = json_text(&told, "hostLocal");
    if (!inner && in_path(path, own) && !says(router, address, "allowas-in"))
        causes.add(router.name + " takes no path with its own AS " + own + " in it, as \"" +
                   json_text(&told, "remoteAs") + " " + one_line(path, 60) + "\" to " +
                   network.text() + " from " + other->name + " (neighbor " + address +
                   " allowas-in)");
    if (inner && json_text(best, "pathFrom") == "internal" &&
        !says(*other, here, "route-reflector-client"))
        causes.add(other->name + " knows " + network.text() +
                   " by iBGP, and does not pass that on to " + router.name +
                   " by iBGP (a full mesh of sessions, or at " + other->name + " neighbor " + here +
                   " route-reflector-client)");
}

}  // namespace

void bgp_table_causes(const Prefix& network, const Routers& all, CauseList& causes) {
    for (const auto& [name, router] : all) {
        if (router.config.find("router bgp").empty()) continue;
        const BgpPaths own(router, network);
        if (const json::value* path = own.unusable()) {
            const Router* from = router_with(all, json_text(path, "peerId"));
            causes.add(name + " has " + network.text() + " by BGP" +
                       (from == nullptr ? std::string() : " from " + from->name) +
                       ", and no route to its next hop " + hop_of(path) +
                       (from == nullptr ? std::string()
                                        : " (at " + from->name + " next-hop-self, or a route)"));
        }
        if (own.any()) continue;
        const json::value peers = router.answer(frr_says::bgp_neighbors);
        if (!peers.is_object()) continue;
        for (const auto& [address, told] : peers.get_object())
            not_passed_on(router, std::string(address), told, network, all, causes);
    }
}

}  // namespace labd::check
