// A graph of moments. A node's `exec` is done after everything it waits for; a service is ready
// after that and after what its `after` says; a node is ready when its exec is done and its
// services are ready. A circle among these moments would wait for ever.
#include "topology/wait.hpp"

#include "topology/suggest.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace topology {
namespace {

struct Edge {
    std::size_t target;
    const Text* said;  // the item of the file, null for what a birth implies
};

struct Moment {
    std::string name;  // "r1" or "r1/nsd": as the sentence about a circle says it
    std::vector<Edge> after;
};

// A daemon that labd will add (frr, bird) is not a service of the file yet.
bool may_have_more(const Node& node) {
    return std::any_of(node.routing.begin(), node.routing.end(),
                       [](Routing r) { return r != Routing::static_ && r != Routing::none; });
}

class Waiting {
  public:
    Waiting(const Lab& lab, Diagnostics& diagnostics) : x_lab(lab), x_diagnostics(diagnostics) {}

    void run() {
        if (std::none_of(x_lab.nodes.begin(), x_lab.nodes.end(), [](const Node& n) {
                return !n.wait_for.empty() ||
                       std::any_of(n.services.begin(), n.services.end(),
                                   [](const Service& s) { return !s.after.empty(); });
            }))
            return;
        for (std::size_t n = 0; n < x_lab.nodes.size(); ++n) x_nodes[x_lab.nodes[n].name] = n;
        for (const Node& node : x_lab.nodes) {
            x_started.push_back(add(node.name));
            x_ready.push_back(add(node.name));
            x_services.emplace_back();
            for (const Service& service : node.services)
                x_services.back()[service.name] = add(node.name + "/" + service.name);
        }
        for (std::size_t n = 0; n < x_lab.nodes.size(); ++n) connect(n);
        x_state.assign(x_moments.size(), 0);
        for (std::size_t m = 0; m < x_moments.size() && !x_found; ++m) visit(m);
    }

  private:
    std::size_t add(std::string name) {
        x_moments.push_back({std::move(name), {}});
        return x_moments.size() - 1;
    }

    void connect(std::size_t n) {
        const Node& node = x_lab.nodes[n];
        x_moments[x_ready[n]].after.push_back({x_started[n], nullptr});
        for (const Text& item : node.wait_for)
            if (const std::size_t target = find(item, node); target != npos)
                x_moments[x_started[n]].after.push_back({target, &item});
        for (const Service& service : node.services) {
            const std::size_t moment = x_services[n][service.name];
            x_moments[moment].after.push_back({x_started[n], nullptr});
            x_moments[x_ready[n]].after.push_back({moment, nullptr});
            for (const Text& item : service.after)
                if (const std::size_t target = find(item, node); target != npos)
                    x_moments[moment].after.push_back({target, &item});
        }
    }

    // The moment that NODE, NODE.ready, NODE.started or NODE/SERVICE means.
    std::size_t find(const Text& item, const Node& who) {
        const std::string& text = item.text;
        const std::size_t cut = text.find_first_of("./");
        const std::string name = text.substr(0, cut);
        const auto found = x_nodes.find(name);
        if (found == x_nodes.end()) {
            std::vector<std::string> names;
            for (const auto& [known, n] : x_nodes) names.push_back(known);
            std::string hint = did_you_mean_name(name, names);
            const bool own = std::any_of(who.services.begin(), who.services.end(),
                                         [&](const Service& s) { return s.name == text; });
            if (own) hint = "\"" + who.name + "/" + text + "\"";
            if (hint.empty()) hint = "NODE, NODE.ready, NODE.started or NODE/SERVICE";
            x_diagnostics.error("D58", item.where,
                                who.name + " waits for \"" + text + "\", which does not exist",
                                hint);
            return npos;
        }
        const std::size_t n = found->second;
        if (cut == std::string::npos) return x_ready[n];
        const std::string rest = text.substr(cut + 1);
        if (text[cut] == '.') {
            if (rest == "ready") return x_ready[n];
            if (rest == "started") return x_started[n];
            x_diagnostics.error("D58", item.where,
                                "no \"" + rest + "\" of a node can be waited for",
                                name + ".ready or " + name + ".started");
            return npos;
        }
        const auto service = x_services[n].find(rest);
        if (service != x_services[n].end()) return service->second;
        if (may_have_more(x_lab.nodes[n])) return npos;
        std::vector<std::string> names;
        for (const auto& [known, moment] : x_services[n]) names.push_back(known);
        std::string hint = did_you_mean(rest, names);
        if (hint.empty())
            hint = names.empty() ? name + " has no services"
                                 : "services of " + name + ": " + join(names);
        x_diagnostics.error("D58", item.where, name + " has no service \"" + rest + "\"", hint);
        return npos;
    }

    struct Step {
        std::size_t moment, next;
        const Text* said;  // the last item of the file on the way here
    };

    // Depth first, without recursion: a chain of 10,000 nodes that wait is legal.
    void visit(std::size_t root) {
        if (x_state[root] != 0) return;
        std::vector<Step> path{{root, 0, nullptr}};
        x_state[root] = 1;
        while (!path.empty()) {
            Step& step = path.back();
            if (step.next == x_moments[step.moment].after.size()) {
                x_state[step.moment] = 2;
                path.pop_back();
                continue;
            }
            const Edge edge = x_moments[step.moment].after[step.next++];
            const Text* said = edge.said != nullptr ? edge.said : step.said;
            if (x_state[edge.target] == 2) continue;
            if (x_state[edge.target] == 1) {
                report(path, edge.target, said);
                return;
            }
            x_state[edge.target] = 1;
            path.push_back({edge.target, 0, said});
        }
    }

    void report(const std::vector<Step>& path, std::size_t target, const Text* said) {
        x_found = true;
        std::vector<std::string> names;
        bool inside = false;
        for (const Step& step : path) {
            inside = inside || step.moment == target;
            const std::string& name = x_moments[step.moment].name;
            if (inside && (names.empty() || names.back() != name)) names.push_back(name);
        }
        // Several moments of one node follow each other; the circle ends where it began.
        if (names.size() > 1 && names.back() == names.front()) names.pop_back();
        std::string sentence = names[0];
        for (std::size_t i = 1; i < names.size(); ++i) sentence += " waits for " + names[i];
        sentence += " waits for " + (names.size() == 1 ? std::string("itself") : names[0]);
        x_diagnostics.error("D58", said == nullptr ? Where{} : said->where, sentence,
                            "none of them would ever start");
    }

    const Lab& x_lab;
    Diagnostics& x_diagnostics;
    std::vector<Moment> x_moments;
    std::vector<std::size_t> x_started, x_ready;
    std::vector<std::map<std::string, std::size_t>> x_services;
    std::unordered_map<std::string, std::size_t> x_nodes;
    std::vector<int> x_state;  // 0 new, 1 on the path, 2 done
    bool x_found = false;
};

}  // namespace

void check_waiting(const Lab& lab, Diagnostics& diagnostics) {
    Waiting(lab, diagnostics).run();
}

}  // namespace topology
