#include "topology/ends.hpp"

#include <algorithm>

namespace topology {

std::string end_name(const Lab& lab, const End& end) {
    return lab.nodes[end.node].name + ":" + lab.at(end).name;
}

const Link* find_link(const Lab& lab, std::string_view name) {
    const auto found = std::find_if(lab.links.begin(), lab.links.end(),
                                    [&](const Link& link) { return link.name == name; });
    return found == lab.links.end() ? nullptr : &*found;
}

}  // namespace topology
