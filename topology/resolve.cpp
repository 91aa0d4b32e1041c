// The list of stations. Each looks at what the one before left; none runs after a mistake, except
// that `expand` and `validate` tell all the mistakes they can find in one go.
#include "topology/resolve.hpp"

#include "topology/stages.hpp"

namespace topology {

Resolved resolve(Files& files, const std::string& main, const ResolveOptions& options) {
    Resolved result;
    Diagnostics& diagnostics = result.diagnostics;

    // The files: nodes, links and interfaces, with everything written about them.
    Numbering running;
    if (options.running != nullptr) running = *options.running;
    result.lab = expand(files, main, options, result.sources, diagnostics, running);

    // What follows from it: segments and addresses, routes, the daemons' configuration, and the
    // texts that waited for addresses.
    if (!diagnostics.failed()) address(result.lab, diagnostics, running);
    if (!diagnostics.failed()) route(result.lab, diagnostics, options.only_mistakes);
    for (const auto station : {configure, substitute_late})
        if (!diagnostics.failed()) station(result.lab, diagnostics);

    // Rules that only a finished lab can break.
    if (!diagnostics.failed()) validate(result.lab, diagnostics);
    diagnostics.sort();
    return result;
}

}  // namespace topology
