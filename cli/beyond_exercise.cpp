#include "cli/beyond_exercise.hpp"

#include "topology/isolation.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

namespace cli {
namespace {

struct Wish {
    std::string words;  // the same in both files when it is the same wish
    topology::Where where;
};

std::vector<Wish> wishes(const topology::Lab& lab) {
    std::vector<Wish> out;
    for (const topology::HostNeed& need : topology::host_needs(lab)) {
        if (need.kind == topology::HostNeed::Kind::open_level)
            out.push_back({need.node + " has level \"open\"", need.where});
        else
            out.push_back({need.node + " has root = \"" + need.path + "\"", need.where});
    }
    for (const topology::Node& node : lab.nodes) {
        if (node.kind == topology::Kind::nat) out.push_back({node.name + " is a nat", node.where});
        if (node.kind == topology::Kind::external)
            out.push_back({node.name + " is an interface of the host", node.where});
    }
    for (const topology::Share& share : lab.shares)
        out.push_back({"it is shared with " + share.name, share.where});
    return out;
}

// "h1--r1" whichever end is said first, and as often as it is there.
std::multiset<std::string> parts_of(const topology::Lab& lab) {
    std::multiset<std::string> out;
    for (const topology::Node& node : lab.nodes) out.insert(node.name);
    for (const topology::Link& link : lab.links) {
        std::vector<std::string> ends;
        for (const topology::End& end : link.ends) ends.push_back(lab.nodes[end.node].name);
        std::sort(ends.begin(), ends.end());
        std::string name;
        for (const std::string& end : ends) name += (name.empty() ? "" : "--") + end;
        out.insert(std::move(name));
    }
    return out;
}

std::string only_in(const std::multiset<std::string>& one, const std::multiset<std::string>& other,
                    const char* word) {
    constexpr std::size_t most = 6;
    std::vector<std::string> parts;
    std::set_difference(one.begin(), one.end(), other.begin(), other.end(),
                        std::back_inserter(parts));
    std::string out;
    for (std::size_t i = 0; i < std::min(parts.size(), most); ++i)
        out += (out.empty() ? std::string(word) + " " : ", ") + parts[i];
    if (parts.size() > most) out += " and " + std::to_string(parts.size() - most) + " more";
    return out;
}

}  // namespace

std::string unlike_exercise(const topology::Lab& file, const topology::Lab& exercise) {
    const auto own = parts_of(file), wanted = parts_of(exercise);
    const std::string less = only_in(wanted, own, "without"), more = only_in(own, wanted, "with");
    if (less.empty() && more.empty()) return "";
    return "not the exercise's topology: " + less + (less.empty() || more.empty() ? "" : "; ") +
           more;
}

std::optional<std::string> beyond_exercise(const topology::Lab& file,
                                           const topology::Lab& exercise) {
    std::set<std::string> granted;
    for (Wish& wish : wishes(exercise)) granted.insert(std::move(wish.words));
    for (const Wish& wish : wishes(file))
        if (!granted.contains(wish.words))
            return "line " + std::to_string(wish.where.line) + ": " + wish.words +
                   ", which the exercise does not have";
    return std::nullopt;
}

}  // namespace cli
