// `lab up` and `lab plan`: bring a lab up, or say what that would change.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/render.hpp"
#include "cli/repair.hpp"
#include "cli/up_request.hpp"
#include "cli/up_result.hpp"

#include <unistd.h>

namespace cli {
namespace {

// Three things to type, with names that this lab has.
std::string next_steps(const topology::Lab& lab, const Style& style) {
    std::vector<std::string> hosts, routers;
    for (const topology::Node& node : lab.nodes)
        if (!node.is_bridge()) (node.forwards() ? routers : hosts).push_back(node.name);
    std::vector<std::string> all = hosts;
    all.insert(all.end(), routers.begin(), routers.end());
    std::string out = style.dim("try next:") + "\n";
    if (hosts.size() >= 2)
        out += "  lab exec " + hosts.front() + " -- ping -c 3 " + hosts.back() + "\n";
    else
        out += "  lab status\n";
    out += "  lab ping" + std::string(all.empty() ? "" : "; lab shell " + all.front()) + "\n";
    return out + "  lab down\n";
}

}  // namespace

int up(const Globals& globals, const UpOptions& options) {
    if (options.repair || options.adopt) {
        if (!options.file.empty() || (options.repair && options.adopt))
            throw Failure("usage", "--repair and --adopt are about the lab that runs, not a file",
                          "lab -L NAME up --repair");
        return options.repair ? repair(globals, options) : adopt(globals);
    }
    if (options.dry_run) return plan(globals, options);
    const UpRequest request = prepare(globals, options);
    const UpResult result = send(request, globals);
    if (globals.json()) {
        print(result_json(result));
        return exit_code::ok;
    }
    if (globals.quiet) return exit_code::ok;
    const Style style{globals.color_out};
    print(result_text(result, globals.verbose, style));
    if (!result.actions.empty() && ::isatty(1) == 1)
        print(next_steps(request.bundle.resolved.lab, style));
    return exit_code::ok;
}

int plan(const Globals& globals, const UpOptions& options) {
    UpRequest request = prepare(globals, options);
    request.options.dry_run = true;
    const UpResult result = send(request, globals);
    if (globals.json())
        print(plan_json(result));
    else if (!globals.quiet)
        print(plan_text(result, Style{globals.color_out}));
    return options.exit_code && !result.actions.empty() ? exit_code::different : exit_code::ok;
}

}  // namespace cli
