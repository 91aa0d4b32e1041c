#include "cli/wait_ready.hpp"

#include "cli/error.hpp"
#include "cli/follow.hpp"
#include "cli/json_print.hpp"
#include "cli/render.hpp"
#include "cli/wire.hpp"

#include <boost/json.hpp>

#include <chrono>

namespace cli {
namespace {

// "h1 is starting: web is starting", of every node that is not running.
std::vector<std::string> unready(const LabState& lab) {
    std::vector<std::string> out;
    for (const NodeState& node : lab.nodes)
        if (node.state != "running")
            out.push_back(node.name + " is " + node.state +
                          (node.reason.empty() ? "" : ": " + node.reason));
    return out;
}

LabState state_of(const Client& client, const std::string& lab) {
    const Answer answer = client.request("GET", "/v1/labs/" + encode(lab) + "?counters=last");
    if (answer.status != 200) throw_failure(answer, "look at " + lab);
    return parse_lab(answer.body);
}

}  // namespace

int wait_ready(const Globals& globals, const Client& client, const std::string& lab,
               double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto began = Clock::now();
    std::vector<std::string> missing = unready(state_of(client, lab));  // no such lab: said here
    const bool ready = missing.empty() || follow_lab(client, lab, seconds, [&] {
                           missing = unready(state_of(client, lab));
                           return missing.empty();
                       });
    const double elapsed = std::chrono::duration<double>(Clock::now() - began).count();
    const Style style{globals.color_out};
    constexpr std::size_t most = 4;
    const std::size_t more = missing.size() > most ? missing.size() - most : 0;
    missing.resize(missing.size() - more);
    const std::string reason =
        join(missing, "; ") + (more > 0 ? "; and " + std::to_string(more) + " more" : "");
    if (globals.json())
        print(compact(boost::json::object{
            {"api", 1}, {"ok", ready}, {"elapsed", elapsed}, {"reason", reason}}));
    else if (!globals.quiet && ready)
        print(style.green(glyphs().yes) + " " + lab + " is ready  " + duration(elapsed) + "\n");
    else if (!globals.quiet)
        print(style.red(glyphs().no) + " " + lab + " is not ready after " + duration(elapsed) +
              ": " + reason + "\n");
    return ready ? exit_code::ok : exit_code::timed_out;
}

}  // namespace cli
