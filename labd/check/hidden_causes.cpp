// A network that somebody knows, and tells of only as part of a larger one, or not to everybody:
// areas, ranges, aggregates, and metrics that mean "not to be reached".
#include "labd/check/frr_filter.hpp"
#include "labd/check/routing_evidence.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

namespace labd::check {
namespace {

namespace json = boost::json;
using topology::Prefix;

bool holds_network(const Router& router, const Prefix& network) {
    return std::any_of(router.reading->addresses.begin(), router.reading->addresses.end(),
                       [&](const Reading::Address& a) {
                           return a.prefix.ip.family == network.ip.family &&
                                  a.prefix.network() == network;
                       });
}

bool has_exactly(const Router& router, const Prefix& network) {
    const auto& routes = router.reading->routes;
    return std::any_of(routes.begin(), routes.end(), [&](const Reading::Route& route) {
        return route.table == 254 && route.destination == network;
    });
}

bool knows(const Router& router, const Prefix& network) {
    return holds_network(router, network) || has_exactly(router, network);
}

bool within(const Prefix& network, const Prefix& larger) {
    return larger.ip.family == network.ip.family && larger.length <= network.length &&
           larger.contains(network.ip);
}

std::vector<std::string> words_of_line(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

bool says_word(const std::vector<std::string>& words, const char* word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// 1 is 0.0.0.1.
std::string dotted(const std::string& area) {
    if (area.find('.') != std::string::npos) return area;
    const unsigned long n = std::strtoul(area.c_str(), nullptr, 10);
    std::string out;
    for (const unsigned shift : {24U, 16U, 8U, 0U})
        out += (out.empty() ? "" : ".") + std::to_string(n >> shift & 255);
    return out;
}

// A router that speaks OSPF of the network's family, with the areas that its interfaces are in.
struct OspfSpeaker {
    const Router* router;
    FrrConfig::Lines lines;
    std::map<std::string, std::set<std::string>> areas;
};

OspfSpeaker ospf_speaker(const Router& router, bool six) {
    const std::string process = router.config.find(six ? "router ospf6" : "router ospf");
    OspfSpeaker out{&router, router.config.section(process), {}};
    const json::value all =
        router.answer(six ? frr_says::ospf6_interfaces : frr_says::ospf_interfaces);
    const json::value* interfaces = six ? &all : json_member(&all, "interfaces");
    if (process.empty() || interfaces == nullptr || !interfaces->is_object()) return out;
    for (const auto& [name, told] : interfaces->get_object()) {
        if (json_text(&told, six ? "attachedToArea" : "ospfEnabled") != "true") continue;
        const std::string area = json_text(&told, six ? "areaId" : "area");
        out.areas[area.substr(0, area.find(" ["))].insert(name);
    }
    return out;
}

// What OSPF keeps apart: one network, the areas that it is in, and those who lack it.
class OspfAreas {
  public:
    OspfAreas(const Prefix& network, const std::set<std::string>& asked, const Routers& all,
              CauseList& causes)
        : network_(network), causes_(causes) {
        const bool six = network.ip.family == topology::Family::ipv6;
        for (const auto& [name, router] : all) {
            OspfSpeaker speaker = ospf_speaker(router, six);
            if (!speaker.areas.empty()) speakers_.push_back(std::move(speaker));
        }
        for (const OspfSpeaker& speaker : speakers_)
            for (const auto& [area, interfaces] : speaker.areas)
                for (const Reading::Address& a : speaker.router->reading->addresses)
                    if (interfaces.contains(a.dev) && a.prefix.ip.family == network.ip.family &&
                        a.prefix.network() == network)
                        home_.insert(area);
        const bool named = std::any_of(speakers_.begin(), speakers_.end(), [&](const auto& one) {
            return asked.contains(one.router->name);
        });
        for (const OspfSpeaker& speaker : speakers_)
            if ((!named || asked.contains(speaker.router->name)) &&
                !knows(*speaker.router, network))
                lacking_.push_back(&speaker);
    }

    void look() {
        for (const OspfSpeaker& border : speakers_) {
            for (const std::string& line : border.lines) {
                const std::vector<std::string> words = words_of_line(line);
                if (words.size() > 1 && words[0] == "summary-address") summary(border, words, line);
                if (border.areas.size() < 2 || words.size() < 4 || words[0] != "area") continue;
                const std::string area = dotted(words[1]);
                if (words[2] == "range") range(border, area, words, line);
                if (words[2] == "filter-list" || words[2] == "import-list" ||
                    words[2] == "export-list")
                    list(border, area, words, line);
                if (words[3] == "no-summary") totally_stubby(border, area, line);
            }
        }
        stubby();
    }

  private:
    bool lacks_outside(const std::string& area, const Prefix* instead = nullptr) const {
        return std::any_of(lacking_.begin(), lacking_.end(), [&](const OspfSpeaker* one) {
            return !one->areas.contains(area) &&
                   (instead == nullptr || has_exactly(*one->router, *instead));
        });
    }
    // Those in that area, and in no other one.
    bool lacks_inside(const std::string& area) const {
        return std::any_of(lacking_.begin(), lacking_.end(), [&](const OspfSpeaker* one) {
            return one->areas.size() == 1 && one->areas.contains(area);
        });
    }

    // area X range PREFIX [not-advertise | cost N | substitute PREFIX]
    void range(const OspfSpeaker& border, const std::string& area,
               const std::vector<std::string>& words, const std::string& line) {
        const auto whole = Prefix::parse(words[3]);
        if (!whole || !within(network_, *whole) || (!home_.empty() && !home_.contains(area)))
            return;
        if (says_word(words, "not-advertise")) {
            if (lacks_outside(area))
                causes_.add(border.router->name + " keeps " + network_.text() +
                            " from the other areas: " + line);
            return;
        }
        const auto other = says_word(words, "substitute") ? Prefix::parse(words.back()) : whole;
        if (other && !(*other == network_) && lacks_outside(area, &*other))
            causes_.add(border.router->name + " tells the other areas " + other->text() +
                        " instead of " + network_.text() + ": " + line);
    }

    // area X filter-list prefix NAME in|out, and with access lists import-list and export-list
    void list(const OspfSpeaker& border, const std::string& area,
              const std::vector<std::string>& words, const std::string& line) {
        const bool prefixes = words[2] == "filter-list";
        if (prefixes && words.size() < 6) return;
        const bool in = prefixes ? words[5] == "in" : words[2] == "import-list";
        const bool matters = in ? !home_.contains(area) && lacks_inside(area)
                                : home_.contains(area) && lacks_outside(area);
        if (!matters) return;
        const FrrConfig& config = border.router->config;
        const Filtered found = prefixes ? by_prefix_list(config, words[4], network_)
                                        : by_access_list(config, words[3], network_);
        if (found.fate == Filtered::Fate::stays)
            causes_.add(border.router->name + " filters " + network_.text() + ": " + line + " (" +
                        found.line + ")");
    }

    // area X stub no-summary
    void totally_stubby(const OspfSpeaker& border, const std::string& area,
                        const std::string& line) {
        if (!border.areas.contains(area) || home_.contains(area) || !lacks_inside(area)) return;
        causes_.add("OSPF: area " + area + " is totally stubby: " + border.router->name +
                    " tells it a default route, and not " + network_.text() + " (" + line + ")");
        stubs_.insert(area);
    }

    // What is taken over from elsewhere comes into no stub area.
    void stubby() {
        if (!home_.empty()) return;
        const auto source =
            std::find_if(speakers_.begin(), speakers_.end(), [&](const OspfSpeaker& one) {
                return knows(*one.router, network_) &&
                       !FrrConfig::values(one.lines, "redistribute").empty();
            });
        if (source == speakers_.end()) return;
        for (const OspfSpeaker* one : lacking_) {
            const std::string& area = one->areas.begin()->first;
            if (one->areas.size() != 1 || source->areas.contains(area)) continue;
            for (const std::string& line : one->lines) {
                const std::vector<std::string> words = words_of_line(line);
                if (words.size() < 3 || words[0] != "area" || dotted(words[1]) != area ||
                    (words[2] != "stub" && words[2] != "nssa") || !stubs_.insert(area).second)
                    continue;
                causes_.add("OSPF: area " + area + " is a stub area: no route from outside OSPF " +
                            "comes into it, as " + network_.text() + " of " + source->router->name +
                            " (" + line + ")");
            }
        }
    }

    // summary-address PREFIX [no-advertise], of what is taken over from elsewhere
    void summary(const OspfSpeaker& border, const std::vector<std::string>& words,
                 const std::string& line) {
        const auto whole = Prefix::parse(words[1]);
        if (!home_.empty() || !whole || !within(network_, *whole) ||
            !knows(*border.router, network_))
            return;
        const bool hidden = says_word(words, "no-advertise");
        const bool matters =
            std::any_of(lacking_.begin(), lacking_.end(), [&](const OspfSpeaker* one) {
                return hidden || (!(*whole == network_) && has_exactly(*one->router, *whole));
            });
        if (matters)
            causes_.add(border.router->name +
                        (hidden ? " keeps " + network_.text() + " from OSPF: "
                                : " tells " + whole->text() + " by OSPF instead of " +
                                      network_.text() + ": ") +
                        line);
    }

    const Prefix network_;
    CauseList& causes_;
    std::vector<OspfSpeaker> speakers_;
    std::vector<const OspfSpeaker*> lacking_;
    std::set<std::string> home_, stubs_;
};

// aggregate-address PREFIX [as-set] summary-only
void bgp_aggregates(const Router& router, const Prefix& network, const Routers& all,
                    CauseList& causes) {
    const bool six = network.ip.family == topology::Family::ipv6;
    const std::string process = router.config.find("router bgp");
    for (const std::string& line :
         router.config.section(process + (six ? "/ipv6 unicast" : "/ipv4 unicast"))) {
        const std::vector<std::string> words = words_of_line(line);
        if (words.size() < 3 || words[0] != "aggregate-address" ||
            !says_word(words, "summary-only"))
            continue;
        const auto whole = Prefix::parse(words[1]);
        if (!whole || *whole == network || !within(network, *whole)) continue;
        if (std::any_of(all.begin(), all.end(), [&](const auto& other) {
                return &other.second != &router && !knows(other.second, network) &&
                       has_exactly(other.second, *whole);
            }))
            causes.add(router.name + " tells " + whole->text() + " by BGP instead of " +
                       network.text() + ": " + line);
    }
}

// offset-list NAME in|out N [INTERFACE]: sixteen is too far for RIP, and one goes on top of it.
void rip_offsets(const Router& router, const Prefix& network, const Routers& all,
                 CauseList& causes) {
    constexpr int too_far = 15;
    const bool six = network.ip.family == topology::Family::ipv6;
    const char* process = six ? "router ripng" : "router rip";
    for (const std::string& line : router.config.section(process)) {
        const std::vector<std::string> words = words_of_line(line);
        if (words.size() < 4 || words[0] != "offset-list" || std::atoi(words[3].c_str()) < too_far)
            continue;
        const bool out = words[2] == "out";
        const bool lacked = std::any_of(all.begin(), all.end(), [&](const auto& other) {
            return !other.second.config.find(process).empty() && !knows(other.second, network);
        });
        if (knows(router, network) != out || !lacked ||
            by_access_list(router.config, words[1], network).fate != Filtered::Fate::passes)
            continue;
        causes.add(router.name + (out ? " tells " : " takes ") + network.text() +
                   " by RIP with a metric of 16, which is not to be reached: " + line);
    }
}

}  // namespace

void hidden_causes(const Prefix& network, const std::set<std::string>& asked, const Routers& all,
                   CauseList& causes) {
    OspfAreas(network, asked, all, causes).look();
    for (const auto& [name, router] : all) {
        if (knows(router, network)) bgp_aggregates(router, network, all, causes);
        rip_offsets(router, network, all, causes);
    }
}

}  // namespace labd::check
