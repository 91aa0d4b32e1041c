// `lab ping`: the real ping(8) inside the nodes, many pairs at a time.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/live.hpp"
#include "cli/node_command.hpp"
#include "cli/ping_pairs.hpp"
#include "cli/render.hpp"
#include "cli/session.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace cli {
namespace {

NodeCommand command_of(const Pair& pair, unsigned count) {
    NodeCommand command;
    // -W: a pair that stays silent costs one second, not ten.
    command.argv = {"ping",
                    pair.family == 6 ? "-6" : "-4",
                    "-n",
                    "-c",
                    std::to_string(count),
                    "-i",
                    "0.2",
                    "-W",
                    "1",
                    pair.address};
    command.env["LC_ALL"] = "C";
    return command;
}

std::vector<Pair> wanted(const Live& live, const PingOptions& options) {
    if (options.ipv4 && options.ipv6)
        throw Failure("usage", "-4 and -6 together leave nothing", "without either, both are fine");
    const int family = options.ipv4 ? 4 : options.ipv6 ? 6 : 0;
    const std::vector<std::string> all = pingable(live.lab);
    const std::vector<std::string> from =
        options.from.empty() ? all : live_nodes(live, options.from);
    const std::vector<std::string> to = options.to.empty() ? all : live_nodes(live, options.to);
    std::vector<Pair> pairs = ping_pairs(live.lab, from, to, family);
    if (!pairs.empty()) return pairs;
    if (from.size() == 1 && from == to)
        throw Failure("usage", "what is asked is whether " + from[0] + " reaches itself",
                      "name another node to ping");
    if (!options.to.empty())
        throw Failure("failed",
                      options.from + " and " + options.to + " have no addresses in common",
                      "lab status shows what they have");
    throw Failure("failed", "there are no two nodes with addresses to ping between",
                  "lab status shows what they have");
}

std::vector<PairResult> run_pairs(const Live& live, const std::vector<Pair>& pairs,
                                  const PingOptions& options) {
    std::vector<Job> jobs;
    // Who may not run anything is no answer of the network.
    std::optional<Failure> refused;
    for (const Pair& pair : pairs)
        jobs.push_back({pair.from, [&live, &pair, &options, &refused] {
                            try {
                                return open_session(live.client, live.name, pair.from,
                                                    command_of(pair, options.count));
                            } catch (const Failure& failure) {
                                if (failure.code == "forbidden") refused = failure;
                                throw;
                            }
                        }});
    std::vector<std::pair<std::string, std::string>> texts(pairs.size());
    ManyOptions many;
    many.parallel = options.parallel;
    many.timeout = 10.0 + options.count;
    many.output = [&](std::size_t job, int stream, std::string_view bytes) {
        (stream == 1 ? texts[job].first : texts[job].second) += bytes;
    };
    const std::vector<JobResult> outcomes = run_many(jobs, many);
    if (refused) throw Failure(*refused);
    std::vector<PairResult> results;
    const auto has_none = [](const JobResult& job) {
        return job.outcome.how == Outcome::How::failed &&
               job.outcome.exit_status() == exit_code::not_found;
    };
    if (std::all_of(outcomes.begin(), outcomes.end(), has_none))
        throw Failure("internal", "ping is not installed, so nodes have none",
                      "apt install iputils-ping");
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const Outcome& outcome = outcomes[i].outcome;
        PairResult result{pairs[i], parse_ping(texts[i].first, texts[i].second)};
        if (outcome.how != Outcome::How::ended) {
            result.outcome = {};
            // A root of its own has what somebody put there.
            result.outcome.why = has_none(outcomes[i])
                                     ? pairs[i].from + " has no ping"
                                     : complaint(outcome, pairs[i].from, "ping", many.timeout);
        }
        results.push_back(std::move(result));
    }
    return results;
}

std::string text_of(const std::vector<PairResult>& results, bool matrix, bool verbose,
                    const Style& style) {
    std::string out;
    if (matrix) out = ping_matrix(results, style);
    constexpr std::size_t most = 10;
    std::size_t lost = 0;
    for (const PairResult& r : results) {
        if (!r.ok()) ++lost;
        if (!matrix || verbose || (!r.ok() && lost <= most)) out += ping_line(r, style);
    }
    if (matrix && !verbose && lost > most)
        out += "… and " + std::to_string(lost - most) + " more without a reply (-v lists all)\n";
    if (matrix)
        out += std::to_string(results.size() - lost) + " of " + count(results.size(), "pair") +
               " answered (round trips in ms)\n";
    return out;
}

}  // namespace

int ping(const Globals& globals, const PingOptions& options) {
    const Live live = live_lab(globals);
    const std::vector<Pair> pairs = wanted(live, options);
    const std::vector<PairResult> results = run_pairs(live, pairs, options);
    const bool asked_for_all = options.from.empty() || options.to.empty();
    const std::vector<std::string> stopped =
        asked_for_all ? stopped_nodes(live.lab) : std::vector<std::string>();
    if (!stopped.empty() && !globals.quiet)
        print_error("lab: left out, for " +
                    std::string(stopped.size() == 1 ? "it is" : "they are") +
                    " stopped: " + join(stopped, ", ") + "\n");
    const bool one_pair = !options.to.empty() && !is_set(options.from) && !is_set(options.to);
    if (globals.json())
        print(ping_json(results));
    else if (!globals.quiet)
        print(text_of(results, !one_pair, globals.verbose, Style{globals.color_out}));
    const bool all =
        std::all_of(results.begin(), results.end(), [](const PairResult& r) { return r.ok(); });
    return all ? exit_code::ok : exit_code::failed;
}

}  // namespace cli
