#include "labd/later_effects.hpp"

#include "labd/rights.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>

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

// What nothing in the kernel follows from.
void tell_pictured(const topology::Node& before, const topology::Node& node,
                   std::vector<topology::Action>& actions) {
    if (before.label != node.label)
        actions.push_back({"update", "node", node.name,
                           "label " + (before.label.empty() ? "none" : before.label) + " → " +
                               (node.label.empty() ? "none" : node.label)});
    if (before.labels != node.labels) actions.push_back({"update", "node", node.name, "labels"});
    if (before.icon != node.icon || before.position != node.position)
        actions.push_back({"update", "node", node.name, "its place in pictures"});
}

// By name, and the second of a name is the second: its place in the file means nothing else.
void tell_checks(const std::vector<topology::Check>& before,
                 const std::vector<topology::Check>& after,
                 std::vector<topology::Action>& actions) {
    std::map<std::string, std::vector<const topology::Check*>> held;
    for (const topology::Check& check : before) held[check.name].push_back(&check);
    for (const topology::Check& check : after) {
        std::vector<const topology::Check*>& same_name = held[check.name];
        if (same_name.empty()) {
            actions.push_back({"create", "check", check.name, ""});
            continue;
        }
        if (same_name.front()->toml != check.toml)
            actions.push_back({"update", "check", check.name, ""});
        same_name.erase(same_name.begin());
    }
    for (const auto& [name, gone] : held)
        for (std::size_t i = 0; i < gone.size(); ++i)
            actions.push_back({"delete", "check", name, ""});
}

}  // namespace

std::vector<topology::Action> later_effects(const Lab& lab, const topology::Lab& wish) {
    std::vector<topology::Action> actions;
    const std::vector<Grant> grants = grants_of(wish);
    for (const Grant& gone : missing(lab.access.grants, grants))
        actions.push_back({"update", "lab", lab.name, "no longer shared with " + words(gone)});
    for (const Grant& fresh : missing(grants, lab.access.grants))
        actions.push_back({"update", "lab", lab.name, "shared with " + words(fresh)});
    if (lab.wish.description != wish.description)
        actions.push_back({"update", "lab", lab.name, "description"});
    for (const topology::Node& node : wish.nodes) {
        const topology::Node* before = lab.wish.find(node.name);
        // Services are started again with it, which is told as theirs.
        if (before != nullptr && node.services.empty() && !same(before->env, node.env))
            actions.push_back({"update", "node", node.name, "env of what is run in it"});
        if (before != nullptr) tell_pictured(*before, node, actions);
    }
    for (const topology::Link& link : wish.links) {
        const auto same_link = [&](const topology::Link& one) { return one.name == link.name; };
        const auto before = std::find_if(lab.wish.links.begin(), lab.wish.links.end(), same_link);
        if (before != lab.wish.links.end() && before->labels != link.labels)
            actions.push_back({"update", "link", link.name, "labels"});
    }
    tell_checks(lab.wish.checks, wish.checks, actions);
    return actions;
}

}  // namespace labd
