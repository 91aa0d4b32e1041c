#include "labd/link_named.hpp"

#include "labd/failure.hpp"
#include "topology/ends.hpp"
#include "topology/suggest.hpp"

#include <vector>

namespace labd {

const topology::Link& link_named(const topology::Lab& lab, const std::string& name) {
    if (const topology::Link* link = topology::find_link(lab, name)) return *link;
    std::vector<std::string> names;
    for (const topology::Link& link : lab.links) names.push_back(link.name);
    const std::string near = topology::did_you_mean(name, names);
    throw UpFailure("no_such_link", "there is no link \"" + name + "\"",
                    near.empty() ? "lab links lists them" : near);
}

}  // namespace labd
