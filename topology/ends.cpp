#include "topology/ends.hpp"

#include <algorithm>

namespace topology {

std::string end_name(const Lab& lab, const End& end) {
    return lab.nodes[end.node].name + ":" + lab.at(end).name;
}

std::vector<std::string> turned(std::string_view name) {
    const std::size_t middle = name.find("--");
    if (middle == std::string_view::npos) return {};
    const std::string first(name.substr(0, middle)), second(name.substr(middle + 2));
    std::vector<std::string> out{second + "--" + first};
    const std::size_t digits = second.find_last_not_of("0123456789");
    if (digits != std::string::npos && digits > 0 && digits + 1 < second.size() &&
        second[digits] == '-')
        out.push_back(second.substr(0, digits) + "--" + first + second.substr(digits));
    return out;
}

const Link* find_link(const Lab& lab, std::string_view name) {
    const auto called = [&](std::string_view one) -> const Link* {
        const auto found = std::find_if(lab.links.begin(), lab.links.end(),
                                        [&](const Link& link) { return link.name == one; });
        return found == lab.links.end() ? nullptr : &*found;
    };
    if (const Link* link = called(name)) return link;
    const std::vector<std::string> others = turned(name);
    if (others.empty()) return nullptr;
    // Of several between the two, the number says which.
    if (const Link* link = called(others.front()))
        return called(others.front() + "-2") != nullptr ? nullptr : link;
    return called(others.back());
}

}  // namespace topology
