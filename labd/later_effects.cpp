#include "labd/later_effects.hpp"

#include "labd/rights.hpp"

#include <algorithm>
#include <iterator>

namespace labd {
namespace {

std::string words(const Grant& grant) {
    return std::string(grant.group ? "group " : "user ") + grant.name + " (" +
           std::string(topology::word(grant.right)) + ")";
}

// Those of `some` that `others` has not.
std::vector<Grant> missing(const std::vector<Grant>& some, const std::vector<Grant>& others) {
    std::vector<Grant> out;
    std::copy_if(some.begin(), some.end(), std::back_inserter(out), [&](const Grant& grant) {
        return std::find(others.begin(), others.end(), grant) == others.end();
    });
    return out;
}

// Where it is written does not matter.
bool same(const std::map<std::string, topology::Text>& a,
          const std::map<std::string, topology::Text>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.first == y.first && x.second.text == y.second.text;
    });
}

}  // namespace

std::vector<topology::Action> later_effects(const Lab& lab, const topology::Lab& wish) {
    std::vector<topology::Action> actions;
    const std::vector<Grant> grants = grants_of(wish);
    for (const Grant& gone : missing(lab.access.grants, grants))
        actions.push_back({"update", "lab", lab.name, "no longer shared with " + words(gone)});
    for (const Grant& fresh : missing(grants, lab.access.grants))
        actions.push_back({"update", "lab", lab.name, "shared with " + words(fresh)});
    for (const topology::Node& node : wish.nodes) {
        const topology::Node* before = lab.wish.find(node.name);
        // Services are started again with it, which is told as theirs.
        if (before != nullptr && node.services.empty() && !same(before->env, node.env))
            actions.push_back({"update", "node", node.name, "env of what is run in it"});
    }
    return actions;
}

}  // namespace labd
