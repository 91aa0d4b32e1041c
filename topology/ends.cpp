#include "topology/ends.hpp"

#include <algorithm>

namespace topology {

std::string end_name(const Lab& lab, const End& end) {
    return lab.nodes[end.node].name + ":" + lab.at(end).name;
}

namespace {

// "r1--h1" of "h1--r1", which is one link whichever end is said first.
std::string reversed(std::string_view name) {
    const std::size_t middle = name.find("--");
    if (middle == std::string_view::npos) return "";
    return std::string(name.substr(middle + 2)) + "--" + std::string(name.substr(0, middle));
}

}  // namespace

const Link* find_link(const Lab& lab, std::string_view name) {
    const auto called = [&](std::string_view one) -> const Link* {
        const auto found = std::find_if(lab.links.begin(), lab.links.end(),
                                        [&](const Link& link) { return link.name == one; });
        return found == lab.links.end() ? nullptr : &*found;
    };
    if (const Link* link = called(name)) return link;
    const std::string other = reversed(name);
    // Of several between the two, the number says which.
    return other.empty() || called(other + "-2") != nullptr ? nullptr : called(other);
}

}  // namespace topology
