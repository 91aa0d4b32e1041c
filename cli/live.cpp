// GET of one lab, with a helpful answer when it is not there.
#include "cli/live.hpp"

#include "cli/bundle.hpp"
#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/render.hpp"
#include "cli/select.hpp"
#include "topology/suggest.hpp"

namespace cli {
namespace {

[[noreturn]] void throw_absent(const Globals& globals, const Client& client,
                               const std::string& name) {
    std::vector<std::string> names;
    const Answer answer = client.request("GET", "/v1/labs");
    if (answer.status == 200)
        for (const LabSummary& lab : parse_labs(answer.body)) names.push_back(lab.name);
    const std::string near = topology::did_you_mean(name, names);
    const bool from_file = globals.lab.empty();
    std::string hint = "no lab is up";
    if (from_file)
        hint = "`lab up` brings the one in this folder up";
    else if (!near.empty())
        hint = near;
    if (!names.empty() && (from_file || near.empty()))
        hint += (from_file ? std::string("; ") : std::string()) + "running: " + join(names, ", ");
    if (!from_file && !names.empty() && near.empty()) hint = "running: " + join(names, ", ");
    throw Failure("no_such_lab", "lab \"" + name + "\" is not up", hint);
}

std::vector<KnownNode> known_nodes(const Live& live, bool with_kinds) {
    std::vector<KnownNode> known;
    for (const NodeState& node : live.lab.nodes) known.push_back({node.name, {node.kind}});
    if (!with_kinds) return known;
    const Bundle bundle = running_bundle(live.client, live.name);
    for (KnownNode& node : known)
        if (const topology::Node* n = bundle.resolved.lab.find(node.name))
            node.kinds.insert(node.kinds.end(), n->kind_chain.begin(), n->kind_chain.end());
    return known;
}

}  // namespace

Live live_lab(const Globals& globals, Counters counters) {
    Client client = connect(globals);
    std::string name = choose_lab(globals, client);
    Answer answer = client.request(
        "GET", "/v1/labs/" + encode(name) + (counters == Counters::last ? "?counters=last" : ""));
    if (answer.status == 404) throw_absent(globals, client, name);
    if (answer.status != 200) throw_failure(answer, "look at " + name);
    LabState lab = parse_lab(answer.body);
    return {std::move(client), std::move(name), std::move(answer.body), std::move(lab)};
}

std::vector<std::string> live_nodes(const Live& live, std::string_view words) {
    return select_nodes(known_nodes(live, words.find('@') != words.npos), words);
}

}  // namespace cli
