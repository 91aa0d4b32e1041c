// `routes` as written: DEST [vrf V] via NEXT [vrf W] [dev IF] [metric N] [table N] [onlink] |
// DEST [vrf V] dev IF | blackhole DEST [vrf V].
#include "topology/routing.hpp"
#include "topology/vrf_keys.hpp"

#include <algorithm>
#include <charconv>

namespace topology {
namespace {

std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    std::size_t at = 0;
    while ((at = line.find_first_not_of(" \t\n", at)) != std::string::npos) {
        const std::size_t end = std::min(line.find_first_of(" \t\n", at), line.size());
        words.push_back(line.substr(at, end - at));
        at = end;
    }
    return words;
}

Prefix everything(Family family) {
    Prefix prefix;
    prefix.ip.family = family;
    return prefix;
}

class Line {
  public:
    Line(const Roads& roads, std::size_t node, const Text& line, Diagnostics& diagnostics)
        : roads_(roads),
          index_(node),
          node_(roads.lab.nodes[node]),
          line_(line),
          diagnostics_(diagnostics) {}

    std::vector<Route> routes() {
        std::vector<std::string> words = words_of(line_.text);
        if (words.empty()) return error("D49", "an empty route", "\"10.0.0.0/8 via r2\"");
        if (words[0] == "blackhole") {
            blackhole_ = true;
            words.erase(words.begin());
        }
        if (words.empty()) return expected("a destination");
        const std::string destination = words[0];
        words.erase(words.begin());
        if (!options(words) || !find_vrfs() || !destinations(destination)) return {};
        if (blackhole_) {
            if (!via_.empty() || !dev_.empty())
                return expected("nothing more than metric or table");
        } else if (via_.empty() && dev_.empty()) {
            return error("D49", quoted() + ": expected \"via\" or \"dev\"",
                         "\"" + destination + " via " + (words.empty() ? "r2" : words[0]) + "\"");
        }
        if (!dev_.empty() && !find_device()) return {};
        if (blackhole_) {
            for (const Prefix& prefix : destinations_) add(prefix, {}, false);
        } else if (via_.empty()) {
            keep_families_of_device();
            for (const Prefix& prefix : destinations_) add(prefix, {{std::nullopt, dev_}}, false);
        } else if (const auto ip = Ip::parse(via_)) {
            via_address(*ip);
        } else {
            via_node();
        }
        return std::move(routes_);
    }

  private:
    std::string quoted() const { return "\"" + line_.text + "\""; }
    std::vector<Route> error(const char* code, std::string message, std::string hint) {
        diagnostics_.error(code, line_.where, std::move(message), std::move(hint));
        return {};
    }
    std::vector<Route> expected(const std::string& what) {
        return error("D49", quoted() + ": expected " + what, "\"10.0.0.0/8 via r2\"");
    }

    bool options(std::vector<std::string>& words) {
        for (std::size_t w = 0; w < words.size(); ++w) {
            const std::string& word = words[w];
            if (word == "onlink") {
                onlink_ = true;
                continue;
            }
            // Before the next hop: whose table it is; behind it: where the next hop is looked for.
            const bool before = via_.empty() && dev_.empty();
            std::string* text = word == "via"   ? &via_
                                : word == "dev" ? &dev_
                                : word != "vrf" ? nullptr
                                : before        ? &vrf_
                                                : &next_vrf_;
            std::uint32_t* number = word == "metric"  ? &metric_
                                    : word == "table" ? &table_
                                                      : nullptr;
            if (text == nullptr && number == nullptr) {
                if (via_.empty() && dev_.empty() && !blackhole_) return words = {word}, true;
                return expected("via, dev, metric, table or onlink instead of \"" + word + "\""),
                       false;
            }
            if (w + 1 == words.size()) return expected("something after \"" + word + "\""), false;
            const std::string& value = words[++w];
            if (text != nullptr) *text = value;
            if (number == nullptr) continue;
            const auto [end, bad] =
                std::from_chars(value.data(), value.data() + value.size(), *number);
            if (bad != std::errc{} || end != value.data() + value.size() ||
                (word == "table" && *number == 0))
                return expected("a number after \"" + word + "\""), false;
        }
        return true;
    }

    bool find_vrfs() {
        if (next_vrf_.empty()) next_vrf_ = vrf_;
        for (const std::string* vrf : {&vrf_, &next_vrf_}) {
            const bool known = std::any_of(node_.vrfs.begin(), node_.vrfs.end(),
                                           [&](const Vrf& one) { return one.name == *vrf; });
            if (!vrf->empty() && !known)
                return error("D42", node_.name + " has no VRF \"" + *vrf + "\"",
                             "vrfs = [\"" + *vrf + "\"] on " + node_.name),
                       false;
        }
        if (!vrf_.empty()) table_ = table_of(node_, vrf_);
        return true;
    }

    bool destinations(const std::string& text) {
        if (text == "default") {
            both_ = true;
            destinations_ = {everything(Family::ipv4), everything(Family::ipv6)};
        } else if (const auto prefix = Prefix::parse(text)) {
            if (prefix->has_host_bits())
                return error("D73", text + " is an address, not a network",
                             prefix->network().text()),
                       false;
            destinations_ = {*prefix};
        } else if (const auto ip = Ip::parse(text)) {
            if (ip->is_unspecified())
                return error("D49", quoted() + ": " + text + " is no host's address",
                             "default: \"default via r2\""),
                       false;
            destinations_ = {Prefix{*ip, ip->bits()}};
        } else if (const auto other = roads_.index.find(text); other != roads_.index.end()) {
            both_ = true;
            networks_of(other->second);
        } else {
            return error("D49", quoted() + ": \"" + text + "\" is no network and no node",
                         "\"10.0.0.0/8 via r2\", \"default via r2\""),
                   false;
        }
        return true;
    }

    // A node's networks, but not those that are here already. Of private ones nobody is told,
    // unless there is nothing else that the node could be meant by.
    void networks_of(std::size_t other) {
        const Node& node = roads_.lab.nodes[other];
        std::vector<Prefix> all;
        for (const Prefix& loopback : node.loopbacks) all.push_back(loopback.network());
        for (const bool private_ones : {false, true}) {
            if (private_ones && !all.empty()) break;
            for (const Interface& interface : node.interfaces) {
                if (interface.segment == npos) continue;
                if (roads_.lab.segments[interface.segment].private_ != private_ones) continue;
                for (const Prefix& address : interface.addresses)
                    if (!address.ip.is_link_local()) all.push_back(address.network());
            }
        }
        for (const Prefix& prefix : all) {
            bool here = std::find(destinations_.begin(), destinations_.end(), prefix) !=
                        destinations_.end();
            for (const Interface& interface : node_.interfaces)
                for (const Prefix& address : interface.addresses)
                    here |= address.network() == prefix;
            if (!here) destinations_.push_back(prefix);
        }
    }

    bool find_device() {
        for (std::size_t i = 0; i < node_.interfaces.size(); ++i)
            if (node_.interfaces[i].name == dev_) device_ = i;
        if (device_ || dev_ == "lo") return true;
        std::string known;
        for (const Interface& interface : node_.interfaces) known += " " + interface.name;
        return error("D49", node_.name + " has no interface \"" + dev_ + "\"",
                     "interfaces of " + node_.name + ":" + known),
               false;
    }

    // Both families are meant: those that the interface has.
    void keep_families_of_device() {
        if (!both_ || !device_) return;
        const auto& addresses = node_.interfaces[*device_].addresses;
        const auto absent = [&](const Prefix& prefix) {
            return std::none_of(addresses.begin(), addresses.end(), [&](const Prefix& address) {
                return address.ip.family == prefix.ip.family;
            });
        };
        destinations_.erase(std::remove_if(destinations_.begin(), destinations_.end(), absent),
                            destinations_.end());
    }

    void via_address(const Ip& ip) {
        std::string out = dev_;
        if (out.empty()) {
            const auto towards = interface_towards(node_, ip, next_vrf_);
            if (!towards) {
                if (ip.is_link_local())
                    (void)error("D49", quoted() + ": a link-local next hop needs its interface",
                                "… via " + via_ + " dev eth0");
                else
                    (void)error("D50", via_ + " is in no network of " + node_.name,
                                neighbour_hint(roads_.lab, roads_.v4, roads_.v6, index_));
                return;
            }
            out = node_.interfaces[*towards].name;
        }
        std::size_t made = 0;
        for (const Prefix& prefix : destinations_) {
            const bool same = prefix.ip.family == ip.family;
            // RFC 5549 the other way round does not exist.
            if (!same && (both_ || ip.family == Family::ipv4)) continue;
            add(prefix, {{ip, out}}, onlink_);
            ++made;
        }
        if (made == 0)
            (void)error("D49", quoted() + ": " + via_ + " is no next hop for this destination",
                        "both must be IPv4 or both IPv6");
    }

    void via_node() {
        const auto other = roads_.index.find(via_);
        if (other == roads_.index.end()) {
            (void)error("D50", quoted() + ": no node \"" + via_ + "\"",
                        neighbour_hint(roads_.lab, roads_.v4, roads_.v6, index_));
            return;
        }
        std::size_t made = 0;
        for (const Prefix& prefix : destinations_) {
            const std::string& vrf = device_ ? node_.interfaces[*device_].vrf : next_vrf_;
            const auto hop = roads_.in(prefix.ip.family).hop(index_, other->second, vrf, device_);
            if (!hop) continue;
            add(prefix, {hop->hop}, onlink_ || hop->onlink);
            ++made;
        }
        if (made == 0 && !destinations_.empty())
            (void)error("D50", node_.name + " and " + via_ + " share no network",
                        neighbour_hint(roads_.lab, roads_.v4, roads_.v6, index_));
    }

    void add(const Prefix& prefix, std::vector<Route::Hop> hops, bool onlink) {
        Route route;
        route.destination = prefix;
        route.hops = std::move(hops);
        route.metric = metric_;
        route.table = table_;
        route.onlink = onlink;
        route.origin = Route::Origin::written;
        route.where = line_.where;
        routes_.push_back(std::move(route));
    }

    const Roads& roads_;
    std::size_t index_;
    const Node& node_;
    const Text& line_;
    Diagnostics& diagnostics_;
    bool blackhole_ = false, onlink_ = false, both_ = false;
    std::string via_, dev_, vrf_, next_vrf_;
    std::optional<std::size_t> device_;
    std::uint32_t metric_ = 0, table_ = 254;
    std::vector<Prefix> destinations_;
    std::vector<Route> routes_;
};

}  // namespace

std::vector<Route> written_routes(const Roads& roads, std::size_t node, Diagnostics& diagnostics) {
    std::vector<Route> all;
    for (const Text& line : roads.lab.nodes[node].route_lines)
        for (Route& route : Line(roads, node, line, diagnostics).routes()) {
            const auto twin = std::find_if(all.begin(), all.end(), [&](const Route& other) {
                return other.destination == route.destination && other.metric == route.metric &&
                       other.table == route.table;
            });
            if (twin == all.end())
                all.push_back(std::move(route));
            else if (twin->hops.empty() != route.hops.empty())
                diagnostics.error("D49", line.where,
                                  roads.lab.nodes[node].name + " both routes " +
                                      route.destination.text() + " and drops it",
                                  "a blackhole needs a metric of its own");
            else  // written twice is one route of equal cost
                for (Route::Hop& hop : route.hops)
                    if (std::find(twin->hops.begin(), twin->hops.end(), hop) == twin->hops.end())
                        twin->hops.push_back(std::move(hop));
        }
    return all;
}

}  // namespace topology
