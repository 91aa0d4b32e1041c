#include "cli/link_words.hpp"

#include "cli/error.hpp"
#include "cli/render.hpp"
#include "topology/ends.hpp"
#include "topology/suggest.hpp"

#include <algorithm>

namespace cli {
namespace {

bool joins(const LinkState& link, const std::string& a, const std::string& b) {
    if (link.ends.size() != 2) return false;
    const std::string &first = link.ends[0].node, &second = link.ends[1].node;
    return (first == a && second == b) || (first == b && second == a);
}

bool has_end_in(const LinkState& link, const std::vector<std::string>& nodes) {
    return std::any_of(link.ends.begin(), link.ends.end(), [&](const LinkState::End& end) {
        return std::find(nodes.begin(), nodes.end(), end.node) != nodes.end();
    });
}

const LinkState* named(const LabState& lab, const std::string& word) {
    if (const LinkState* link = link_called(lab, word)) return link;
    for (const LinkState& link : lab.links)
        for (const LinkState::End& end : link.ends)
            if (end.node + ":" + end.interface == word) return &link;
    return nullptr;
}

[[noreturn]] void throw_unknown(const LabState& lab, const std::string& word) {
    std::vector<std::string> names;
    for (const LinkState& link : lab.links) names.push_back(link.name);
    const std::string near = topology::did_you_mean(word, names);
    throw Failure(
        "no_such_link", "there is no link \"" + word + "\"",
        near.empty() ? "lab links lists them; two nodes mean the link between them" : near);
}

}  // namespace

const LinkState* link_called(const LabState& lab, const std::string& name) {
    for (const LinkState& link : lab.links)
        if (link.name == name) return &link;
    const std::size_t dashes = name.find("--");
    if (dashes == std::string::npos) return nullptr;
    const LinkState* only = nullptr;
    for (const LinkState& link : lab.links) {
        if (!joins(link, name.substr(0, dashes), name.substr(dashes + 2))) continue;
        if (only != nullptr) return nullptr;
        only = &link;
    }
    // With its number behind the other end.
    if (const auto others = topology::turned(name); only == nullptr)
        for (const LinkState& link : lab.links)
            if (link.name == others.back()) return &link;
    return only;
}

std::vector<std::string> links_meant(const LabState& lab, const std::vector<std::string>& words) {
    if (words.empty() || words.size() > 2)
        throw Failure("usage", words.empty() ? "which link?" : "more than a link is named",
                      "a link's name, NODE:INTERFACE, or the two nodes that it joins");
    if (words.size() == 1) {
        const LinkState* link = named(lab, words[0]);
        if (link == nullptr) throw_unknown(lab, words[0]);
        return {link->name};
    }
    std::vector<std::string> out;
    for (const LinkState& link : lab.links)
        if (joins(link, words[0], words[1])) out.push_back(link.name);
    if (!out.empty()) return out;
    std::vector<std::string> nodes;
    for (const NodeState& node : lab.nodes) nodes.push_back(node.name);
    for (const std::string& word : words)
        if (lab.find(word) == nullptr)
            throw Failure("no_such_node", "lab \"" + lab.name + "\" has no node \"" + word + "\"",
                          topology::did_you_mean_name(word, nodes));
    throw Failure("no_such_link", "no link joins " + words[0] + " and " + words[1],
                  "lab links " + words[0] + " lists those it has");
}

std::vector<std::string> links_between(const Live& live, const std::string& left,
                                       const std::string& right) {
    const std::vector<std::string> a = live_nodes(live, left), b = live_nodes(live, right);
    for (const std::string& node : a)
        if (std::find(b.begin(), b.end(), node) != b.end())
            throw Failure("usage", node + " is on both sides", "two sets without a common node");
    std::vector<std::string> out;
    for (const LinkState& link : live.lab.links) {
        if (!has_end_in(link, a) || !has_end_in(link, b)) continue;
        if (link.ends.size() > 2)
            throw Failure("usage", link.name + " has ends on both sides, and goes down only whole",
                          "lab link " + link.name + " down");
        out.push_back(link.name);
    }
    if (out.empty())
        throw Failure("no_such_link", "no link joins " + left + " and " + right,
                      "lab links lists them");
    return out;
}

}  // namespace cli
