#include "labd/born_settings.hpp"

#include "labd/birth_sysctls.hpp"
#include "topology/ground.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace labd {

namespace {

// Those by which a node talks to its network, and that nothing sets by itself: turning forwarding
// on and off sets accept_redirects (net/ipv4/devinet.c, inet_forward_change), and WireGuard takes
// send_redirects away from everybody (wg_open).
constexpr std::array looked_at{
    "ipv4 rp_filter",  "ipv4 accept_source_route", "ipv4 proxy_arp",      "ipv4 arp_announce",
    "ipv4 arp_ignore", "ipv4 accept_local",        "ipv4 route_localnet", "ipv6 accept_ra"};

bool is_kept(const topology::Node& node, const topology::State& desired, const std::string& key) {
    const auto contents = desired.contents.find(node.name);
    return contents != desired.contents.end() && contents->second.sysctl.contains(key);
}

}  // namespace

bool runs_its_own(const topology::Node& node) {
    return std::any_of(node.services.begin(), node.services.end(),
                       [](const topology::Service& service) { return !service.generated; });
}

std::vector<std::pair<std::string, std::string>> born_settings(const topology::Node& node,
                                                               const topology::State& desired) {
    std::vector<std::pair<std::string, std::string>> out;
    if (node.kind == topology::Kind::bare || !node.has_process() || runs_its_own(node)) return out;
    std::vector<std::string> scopes{"all"};
    if (const auto space = desired.spaces.find(node.name); space != desired.spaces.end())
        for (const auto& [name, device] : space->second.devices)
            if (!topology::reaches_out(device.kind)) scopes.push_back(name);
    std::map<std::string, std::string> birth;
    for (auto& [key, value] : birth_sysctls(node, 0)) birth[key] = value;
    for (const std::string words : looked_at) {
        const std::string family = words.substr(0, 4), setting = words.substr(5);
        if (topology::speaks_of(node, setting)) continue;
        const std::string& value = birth.at("net." + family + ".conf.all." + setting);
        for (const std::string& scope : scopes) {
            // With slashes: a dot may belong to the device (sysctl(8)).
            std::string key = "net/" + family + "/conf/" + scope + "/" + setting;
            if (is_kept(node, desired, key)) continue;
            if (scope.find('.') == std::string::npos)
                std::replace(key.begin(), key.end(), '/', '.');
            out.emplace_back(std::move(key), value);
        }
    }
    return out;
}

bool names_itself(const topology::Node& node) {
    const auto speaks = [](const auto& list) {
        return std::any_of(list.begin(), list.end(), [](const auto& one) {
            return std::any_of(one.argv.begin(), one.argv.end(), [](const topology::Text& word) {
                return word.text.find("hostname") != std::string::npos;
            });
        });
    };
    return speaks(node.exec) || speaks(node.services);
}

}  // namespace labd
