#include "labd/allow_ipv6.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>

namespace labd {

namespace asio = boost::asio;

namespace {

// With slashes: a dot may belong to the device (sysctl(8)).
std::string switch_of(const std::string& device) {
    return "net/ipv6/conf/" + device + "/disable_ipv6";
}

bool file_wants_it_off(const Lab& lab, const std::string& node, const std::string& key) {
    const auto contents = lab.desired.contents.find(node);
    if (contents == lab.desired.contents.end()) return false;
    std::string dotted = key;
    std::replace(dotted.begin(), dotted.end(), '/', '.');
    const auto& wanted = contents->second.sysctl;
    return std::any_of(wanted.begin(), wanted.end(), [&](const auto& setting) {
        return (setting.first == key || setting.first == dotted) && setting.second != "0";
    });
}

}  // namespace

asio::awaitable<void> allow_ipv6(std::shared_ptr<Lab> lab,
                                 const std::vector<topology::Step>& steps) {
    std::map<std::string, std::set<std::string>> switches;
    for (const topology::Step& step : steps) {
        if (const auto* ground = std::get_if<topology::ChangeGround>(&step)) {
            for (const topology::Prefix& address : ground->from.loopbacks)
                if (address.ip.family == topology::Family::ipv6)
                    switches[ground->space].insert(switch_of("lo"));
            for (const std::string& device : ground->from.no_link_local)
                switches[ground->space].insert(switch_of(device));
        }
        const auto* add = std::get_if<topology::AddAddress>(&step);
        if (add == nullptr || add->address.ip.family != topology::Family::ipv6) continue;
        // A device that is still to come begins as `default` says.
        for (const std::string& device : {add->device, std::string("default")})
            switches[add->space].insert(switch_of(device));
    }
    // A newborn has the settings of a birth.
    for (const topology::Step& step : steps)
        if (const auto* start = std::get_if<topology::StartNode>(&step))
            switches.erase(start->node);
    for (const auto& [name, keys] : switches) {
        const auto live = lab->nodes.find(name);
        if (live == lab->nodes.end() || !live->second.door) continue;
        const std::shared_ptr<NodeDoor> door = live->second.door;
        std::vector<std::string> asked(keys.begin(), keys.end());
        const std::vector<std::string> values = co_await door->read_sysctls(std::move(asked));
        std::vector<std::pair<std::string, std::string>> on;
        std::size_t i = 0;
        for (const std::string& key : keys)
            if (values[i++] == "1" && !file_wants_it_off(*lab, name, key))
                on.emplace_back(key, "0");
        if (!on.empty()) co_await door->sysctl(std::move(on));
    }
}

}  // namespace labd
