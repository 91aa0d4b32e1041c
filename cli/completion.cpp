// `lab completion` prints the adapter for a shell; the adapter calls `lab __complete WORDS…` back,
// which knows the verbs, their flags, and the names that are alive at this moment.
#include "cli/bundle.hpp"
#include "cli/candidates.hpp"
#include "cli/commands.hpp"
#include "cli/embedded.hpp"
#include "cli/endpoint.hpp"
#include "cli/error.hpp"
#include "cli/render.hpp"
#include "cli/wire.hpp"

#include <algorithm>

namespace cli {
namespace {

// A key press must not wait for a busy labd.
constexpr double patience = 0.1;

std::string ask(const Globals& globals, const std::string& target) {
    try {
        const Answer answer = Client(endpoint(globals).socket).request("GET", target, "", patience);
        return answer.status == 200 ? answer.body : "";
    } catch (const Failure&) {
        return "";
    }
}

std::vector<std::string> lab_names(const Globals& globals) {
    std::vector<std::string> names;
    const std::string body = ask(globals, "/v1/labs");
    if (!body.empty())
        for (const LabSummary& lab : parse_labs(body)) names.push_back(lab.name);
    return names;
}

Names names_in_file() {
    Names names;
    const auto place = file_here();
    if (!place) return names;
    const Bundle bundle = read_bundle(*place, {});
    for (const topology::Node& node : bundle.resolved.lab.nodes) names.nodes.push_back(node.name);
    for (const topology::Link& link : bundle.resolved.lab.links) names.links.push_back(link.name);
    return names;
}

Names living(const Globals& globals) {
    Names names;
    names.labs = lab_names(globals);
    std::string lab = lab_without_asking(globals).value_or("");
    if (lab.empty() && names.labs.size() == 1) lab = names.labs.front();
    const std::string body =
        lab.empty() || names.labs.empty() ? "" : ask(globals, "/v1/labs/" + encode(lab));
    if (body.empty()) {
        const std::vector<std::string> labs = std::move(names.labs);
        names = names_in_file();
        names.labs = labs;
        return names;
    }
    const LabState state = parse_lab(body);
    for (const NodeState& node : state.nodes) {
        names.nodes.push_back(node.name);
        for (const ServiceState& s : node.services)
            names.services.push_back(node.name + "/" + s.name);
    }
    for (const LinkState& link : state.links) names.links.push_back(link.name);
    return names;
}

}  // namespace

int completion(const std::string& shell) {
    const std::string_view script =
        embedded("completion/lab." + (shell.empty() ? std::string("bash") : shell));
    if (script.empty())
        throw Failure("usage", "no completion for \"" + shell + "\"", "lab completion bash");
    print(script);
    return exit_code::ok;
}

int complete(const Globals& globals, const std::vector<std::string>& words) {
    Globals g = globals;
    // -L and -S that stand on the line already choose whom to ask.
    for (std::size_t i = 0; i + 2 < words.size(); ++i) {
        if (words[i] == "-L" || words[i] == "--lab") g.lab = words[i + 1];
        if (words[i] == "-S" || words[i] == "--socket") g.socket = words[i + 1];
    }
    for (const std::string& candidate : candidates(words, [&] { return living(g); }))
        print(candidate + "\n");
    return finish_output() ? exit_code::ok : exit_code::infrastructure;
}

}  // namespace cli
