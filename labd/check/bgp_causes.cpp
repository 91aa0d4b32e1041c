// BGP: sessions that do not come up, and those that are up and tell nothing.
#include "labd/check/routing_evidence.hpp"
#include "labd/check/subjects.hpp"

#include <algorithm>
#include <set>

namespace labd::check {
namespace {

namespace json = boost::json;
using topology::Ip;

const FrrConfig::Lines& bgp_lines(const Router& router) {
    return router.config.section(router.config.find("router bgp"));
}

// What a router says of a neighbour, itself or by its group: "neighbor ADDRESS WORDS …".
std::optional<std::string> said_of(const Router& router, const std::string& neighbor,
                                   const std::string& words) {
    const auto& lines = bgp_lines(router);
    if (auto found = FrrConfig::value(lines, "neighbor " + neighbor + " " + words)) return found;
    if (const auto group = FrrConfig::value(lines, "neighbor " + neighbor + " peer-group"))
        return FrrConfig::value(lines, "neighbor " + *group + " " + words);
    return std::nullopt;
}

const Router* holder(const Routers& all, const Ip& ip) {
    for (const auto& [name, router] : all)
        for (const Reading::Address& a : router.reading->addresses)
            if (a.prefix.ip == ip) return &router;
    return nullptr;
}

struct Peer {
    std::string address;  // as the statement has it
    const json::value* told = nullptr;
};

// What `other` has for one of the router's addresses of that family.
std::optional<Peer> back(const json::value& peers, const Router& router, topology::Family family) {
    for (const Reading::Address& a : router.reading->addresses)
        if (a.prefix.ip.family == family)
            if (const json::value* found = json_member(&peers, a.prefix.ip.text()))
                return Peer{a.prefix.ip.text(), found};
    return std::nullopt;
}

const Reading::Address* network_towards(const Router& router, const Ip& ip) {
    for (const Reading::Address& a : router.reading->addresses)
        if (a.prefix.ip.family == ip.family && a.dev != "lo" && a.prefix.contains(ip)) return &a;
    return nullptr;
}

bool has_route(const Router& router, const Ip& ip) {
    const auto& routes = router.reading->routes;
    return std::any_of(routes.begin(), routes.end(), [&](const Reading::Route& route) {
        return route.table == 254 && route.destination.ip.family == ip.family &&
               route.destination.contains(ip);
    });
}

// Where its packets to the peer come from, when that can be told; "" = not.
std::string source_of(const Router& router, const std::string& peer) {
    const Ip ip = Ip::parse(peer).value_or(Ip{});
    if (const auto from = said_of(router, peer, "update-source")) {
        if (Ip::parse(*from)) return *from;
        for (const Reading::Address& a : router.reading->addresses)
            if (a.dev == *from && a.prefix.ip.family == ip.family && !a.prefix.ip.is_link_local())
                return a.prefix.ip.text();
        return "";
    }
    const Reading::Address* near = network_towards(router, ip);
    return near == nullptr ? "" : near->prefix.ip.text();
}

class Session {
  public:
    Session(const Router& router, const Router& other, Peer there, Peer here)
        : router_(router), other_(other), there_(std::move(there)), here_(std::move(here)) {}

    // The likeliest cause, "" when nothing differs. `here` is what the router says of the other.
    std::string why() const {
        for (const auto& look :
             {&Session::password, &Session::security, &Session::hops, &Session::source,
              &Session::families, &Session::ids, &Session::way})
            if (std::string words = (this->*look)(); !words.empty()) return words;
        return "";
    }

    std::string families() const {
        const auto of = [](const Peer& peer) {
            std::set<std::string> out;
            const json::value* told = json_member(peer.told, "addressFamilyInfo");
            if (told != nullptr && told->is_object())
                for (const auto& [name, family] : told->get_object()) out.emplace(name);
            return out;
        };
        const std::set<std::string> here = of(here_), there = of(there_);
        for (const auto& [mine, theirs, who] :
             {std::tuple(&here, &there, &other_), std::tuple(&there, &here, &router_)})
            for (const std::string& family : *mine)
                if (!theirs->contains(family))
                    return family_words(family) + " is not activated at " + who->name +
                           " (neighbor " + (who == &other_ ? there_ : here_).address + " activate)";
        if (here.empty()) return "no address family is activated for it at either end";
        return "";
    }

  private:
    static std::string family_words(const std::string& family) {
        if (family == "ipv4Unicast") return "IPv4 unicast";
        return family == "ipv6Unicast" ? "IPv6 unicast" : one_line(family, 40);
    }

    std::string password() const {
        const auto mine = said_of(router_, here_.address, "password");
        const auto theirs = said_of(other_, there_.address, "password");
        if (mine == theirs) return "";
        if (mine && theirs)
            return "the passwords (TCP MD5) of " + router_.name + " and " + other_.name + " differ";
        return std::string("password (TCP MD5): ") + (mine ? router_ : other_).name + " has one, " +
               (mine ? other_ : router_).name + " has none";
    }

    std::string security() const {
        const auto mine = said_of(router_, here_.address, "ttl-security hops");
        const auto theirs = said_of(other_, there_.address, "ttl-security hops");
        if (mine.has_value() == theirs.has_value()) return "";
        // A neighbour that sends with 255 is believed.
        const auto far = mine ? said_of(other_, there_.address, "ebgp-multihop")
                              : said_of(router_, here_.address, "ebgp-multihop");
        if (far && (far->empty() || *far == "255")) return "";
        return "ttl-security: " + (mine ? router_ : other_).name + " has hops " +
               one_line(mine ? *mine : *theirs, 8) + ", " + (mine ? other_ : router_).name +
               " has none";
    }

    std::string hops() const {
        if (json_text(here_.told, "nbrExternalLink") != "true") return "";
        for (const auto& [who, peer] : {std::pair(&router_, &here_), std::pair(&other_, &there_)}) {
            const auto ip = Ip::parse(peer->address);
            if (!ip || network_towards(*who, *ip) != nullptr) continue;
            if (said_of(*who, peer->address, "ebgp-multihop") ||
                said_of(*who, peer->address, "ttl-security hops") ||
                said_of(*who, peer->address, "disable-connected-check"))
                continue;
            return "the neighbor " + peer->address + " is on no network of " + who->name +
                   "'s, and has no ebgp-multihop there";
        }
        return "";
    }

    // One of them must come from where the other expects it.
    std::string source() const {
        const auto mine = expects(router_, here_.address, other_, there_.address);
        const auto theirs = expects(other_, there_.address, router_, here_.address);
        return mine.empty() || theirs.empty() ? "" : mine + "; " + theirs;
    }

    // "" when the router's packets come from where the other one has its neighbor.
    static std::string expects(const Router& router, const std::string& peer, const Router& other,
                               const std::string& wanted) {
        const std::string from = source_of(router, peer);
        if (from == wanted) return "";
        const auto& addresses = router.reading->addresses;
        const bool loopback =
            std::any_of(addresses.begin(), addresses.end(), [&](const Reading::Address& a) {
                return a.dev == "lo" && a.prefix.ip.text() == wanted;
            });
        // The kernel takes an address of the interface that it sends by.
        if (from.empty() && !loopback) return "";
        return other.name + " expects " + router.name + " at " + wanted + ", and " + router.name +
               (from.empty() ? " has no update-source for it" : " speaks from " + from);
    }

    std::string ids() const {
        const std::string mine = json_text(here_.told, "localRouterId");
        if (mine.empty() || mine != json_text(there_.told, "localRouterId")) return "";
        return "the same router id " + mine;
    }

    std::string way() const {
        for (const auto& [who, peer] : {std::pair(&router_, &here_), std::pair(&other_, &there_)}) {
            const auto ip = Ip::parse(peer->address);
            if (ip && !has_route(*who, *ip))
                return who->name + " has no route to its neighbor " + peer->address;
        }
        return "";
    }

    const Router &router_, &other_;
    const Peer there_, here_;
};

// "neighbor ADDRESS maximum-prefix 1", as the router has it; the session stays down until somebody
// clears it.
std::string too_many(const Router& router, const std::string& address) {
    const std::string process = router.config.find("router bgp");
    for (const std::string& section : router.config.beginning_with(process + "/"))
        for (const std::string& line : router.config.section(section))
            if (line.starts_with("neighbor " + address + " maximum-prefix ")) return line;
    return "maximum-prefix";
}

void policy(const std::string& pair, const json::value* peer, CauseList& causes) {
    const json::value* families = json_member(peer, "addressFamilyInfo");
    if (families == nullptr || !families->is_object()) return;
    for (const auto& [name, family] : families->get_object())
        for (const char* key : {"inboundEbgpRequiresPolicy", "outboundEbgpRequiresPolicy"})
            if (const std::string words = json_text(&family, key); !words.empty())
                causes.add(pair + "Established, but " + one_line(words, 80) +
                           " (no bgp ebgp-requires-policy, or a route-map)");
}

void session(const Router& router, const std::string& address, const json::value* told,
             const Routers& all, CauseList& causes) {
    const std::string state = json_text(told, "bgpState");
    const Ip ip = *Ip::parse(address);
    const Router* other = holder(all, ip);
    const std::string pair =
        "BGP " + router.name + "–" + (other == nullptr ? address : other->name) + ": ";
    const json::value theirs =
        other == nullptr ? json::value() : other->answer(frr_says::bgp_neighbors);
    const auto mirror = back(theirs, router, ip.family);
    if (state == "Established") {
        policy(pair, told, causes);
        if (!mirror || other->name < router.name) return;
        const std::string words = Session(router, *other, *mirror, {address, told}).families();
        if (!words.empty()) causes.add(pair + "Established, but " + words);
        return;
    }
    const std::string remote = json_text(told, "remoteAs");
    if (json_text(told, "adminShutDown") == "true")
        return causes.add(pair + state + " (" + router.name + " has shut its neighbor down)");
    if (json_text(told, "prefixesConfigExceedMax") == "true")
        return causes.add(pair + state + " (it announces more than " + router.name +
                          " takes: " + too_many(router, address) + ")");
    if (mirror && json_text(mirror->told, "prefixesConfigExceedMax") == "true") return;
    if (other == nullptr)
        return causes.add(pair + state + " (wrong neighbor address: " + address +
                          " is nobody's address)");
    if (!theirs.is_object())
        return causes.add(pair + state + " (bgpd is not running at " + other->name + ")");
    std::string local;
    for (const auto& [key, value] : theirs.get_object())
        if (local.empty()) local = json_text(&value, "localAs");
    if (mirror) local = json_text(mirror->told, "localAs");
    if (!local.empty() && local != remote)
        return causes.add(pair + state + " (AS mismatch: " + router.name + " expects AS " + remote +
                          ", " + other->name + " is AS " + local + ")");
    if (!mirror) {
        if (!FrrConfig::value(bgp_lines(*other), "bgp listen range"))
            causes.add(pair + state + " (" + other->name + " has no neighbor statement for " +
                       router.name + ")");
        return;
    }
    // What is wrong between the two is told once.
    if (other->name < router.name && json_text(mirror->told, "bgpState") != "Established") return;
    const std::string why = Session(router, *other, *mirror, {address, told}).why();
    if (!why.empty()) return causes.add(pair + state + " (" + why + ")");
    std::string reason = json_text(told, "lastNotificationReason");
    if (reason.empty()) reason = json_text(told, "lastResetDueTo");
    causes.weak(pair + state + (reason.empty() ? "" : " (" + one_line(reason, 80) + ")"));
}

}  // namespace

void bgp_causes(const Router& router, const Routers& all, CauseList& causes) {
    const json::value peers = router.answer(frr_says::bgp_neighbors);
    if (!peers.is_object()) return;
    for (const auto& [key, peer] : peers.get_object()) {
        const std::string address(key);
        if (Ip::parse(address) && peer.is_object()) session(router, address, &peer, all, causes);
    }
}

}  // namespace labd::check
