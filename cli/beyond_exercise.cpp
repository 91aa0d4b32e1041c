#include "cli/beyond_exercise.hpp"

#include "topology/isolation.hpp"

#include <algorithm>
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

}  // namespace

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
