// What somebody has changed by hand in a running lab, taken over into its wish: the opposite of
// repair.
#pragma once

#include "topology/model.hpp"
#include "topology/plan.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace topology {

// What stands in the place of labd's queue disciplines at a device.
struct ForeignQueues {
    Impairment sends;     // as far as it has words here
    std::string unknown;  // the kind that has none, "" = they all have
};

// What has become of a file that labd wrote: `rights` are its mode and owner.
enum class StrayFile : std::uint8_t { changed, gone, rights };

// A lab as it was found.
struct Found {
    struct Node {
        Space space;  // what is labd's
        // And what is not: permanent addresses by device, routes of nobody's daemon, sysctls,
        // files.
        std::map<std::string, std::set<Prefix>> addresses;
        std::vector<Route> routes;
        std::map<std::string, std::string> sysctl;  // those that are not as labd wrote them
        std::map<std::string, StrayFile> files;     // the same
        std::string hostname;                       // "" = as wished
        // And queue disciplines of others, by device.
        std::map<std::string, ForeignQueues> queues;
    };
    // Those that run; the fabric and the relay with their devices, which show what befalls packets
    // on the way to another node.
    std::map<std::string, Node> nodes;
};

struct Adopted {
    Lab lab;
    std::vector<std::string> taken;  // what has changed in it: "h1:eth0 mtu 1500 → 1300"
    std::vector<std::string> left;   // and what a file cannot say, or should not
};

// `desired`: of the wish, with what is laid over it for a while: that was not done by hand.
Adopted adopt(const Lab& wish, const State& desired, const Found& found);

}  // namespace topology
