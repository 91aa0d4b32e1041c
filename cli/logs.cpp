// `lab logs`: what services said, of one node or of all, interleaved.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/live.hpp"
#include "cli/prefixed.hpp"
#include "cli/render.hpp"
#include "cli/select.hpp"
#include "cli/session.hpp"
#include "cli/terminal_text.hpp"
#include "labd/utf8.hpp"
#include "topology/suggest.hpp"

#include <boost/json.hpp>
#include <unistd.h>

#include <cstdio>

namespace cli {
namespace {

std::string target(const std::string& lab, const std::string& node, const std::string& service,
                   const LogsOptions& options) {
    std::string query;
    const auto add = [&](const std::string& word) { query += (query.empty() ? "?" : "&") + word; };
    if (!service.empty()) add("service=" + encode(service));
    if (options.follow) add("follow");
    if (options.lines > 0) add("lines=" + std::to_string(options.lines));
    return "/v1/labs/" + encode(lab) + "/nodes/" + encode(node) + "/logs" + query;
}

void require_service(const NodeState& node, const std::string& service) {
    std::vector<std::string> names{"exec"};  // the log of a node's `exec` lines
    for (const ServiceState& s : node.services) names.push_back(s.name);
    for (const std::string& name : names)
        if (name == service) return;
    const std::string near = topology::did_you_mean(service, names);
    throw Failure("no_such_service", node.name + " has no service \"" + service + "\"",
                  near.empty() ? "it has " + join(names, ", ") : near);
}

// "web| GET / 200" of all services of a node; of one, its lines as they are.
class JsonLines {
  public:
    JsonLines(std::vector<std::string> nodes, std::string service)
        : nodes_(std::move(nodes)), service_(std::move(service)), open_(nodes_.size()) {}

    std::string take(std::size_t who, std::string_view bytes) {
        std::string out, &open = open_[who];
        open += bytes;
        std::size_t end = 0, from = 0;
        for (; (end = open.find('\n', from)) != std::string::npos; from = end + 1)
            out += line(who, open.substr(from, end - from));
        open.erase(0, from);
        return out;
    }

  private:
    std::string line(std::size_t who, std::string text) const {
        std::string service = service_;
        if (const std::size_t bar = text.find("| "); service.empty() && bar != std::string::npos) {
            service = text.substr(0, bar);
            text.erase(0, bar + 2);
        }
        return boost::json::serialize(boost::json::object{
                   {"node", nodes_[who]}, {"service", service}, {"line", labd::to_utf8(text)}}) +
               "\n";
    }

    std::vector<std::string> nodes_;
    std::string service_;
    std::vector<std::string> open_;
};

}  // namespace

int logs(const Globals& globals, const LogsOptions& options) {
    const Live live = live_lab(globals);
    const std::size_t slash = options.where.find('/');
    const std::string words = options.where.substr(0, slash);
    const std::string service = slash == words.npos ? "" : options.where.substr(slash + 1);
    std::vector<std::string> nodes = live_nodes(live, words.empty() ? "all" : words);
    // Switches have no processes and so nothing to say.
    const bool several = nodes.size() > 1;
    if (several) std::erase_if(nodes, [&](const std::string& n) { return !live.lab.find(n)->pid; });
    if (!several && !service.empty()) require_service(*live.lab.find(nodes.front()), service);
    std::vector<Job> jobs;
    for (const std::string& node : nodes)
        jobs.push_back({node, [&, node] {
                            return live.client.upgrade("GET",
                                                       target(live.name, node, service, options));
                        }});
    JsonLines objects(nodes, service);
    PrefixedLines lines(nodes, Style{globals.color_out}, Style{globals.color_out});
    std::vector<TerminalText> harmless(nodes.size());
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    ManyOptions many;
    many.parallel = jobs.size();  // all at once: followers never end
    bool silent = true;
    many.output = [&](std::size_t job, int, std::string_view bytes) {
        silent = false;
        const std::string text =
            terminal && !globals.json() ? harmless[job].take(bytes) : std::string(bytes);
        print(globals.json() ? objects.take(job, text) : several ? lines.take(job, 1, text) : text);
        (void)std::fflush(stdout);  // main looks for what got lost
    };
    const std::vector<JobResult> results = run_many(jobs, many);
    int code = exit_code::ok;
    for (std::size_t i = 0; i < results.size(); ++i) {
        print(several ? lines.take(i, 1, harmless[i].rest()) : harmless[i].rest());
        print(lines.rest(i, 1));
        const Outcome& outcome = results[i].outcome;
        if (outcome.how != Outcome::How::failed && outcome.how != Outcome::How::lost) continue;
        print_error("lab: " + nodes[i] + ": " +
                    (outcome.text.empty() ? "the connection was lost" : outcome.text) + "\n");
        code = exit_code::infrastructure;
    }
    if (silent && code == exit_code::ok && !globals.quiet && !globals.json())
        print_error("nothing was said so far; services come from `run` and `routing`\n");
    return code;
}

}  // namespace cli
