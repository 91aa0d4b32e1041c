// `lab inspect`: everything that is known about a lab, a node or a link.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/json_text.hpp"
#include "cli/live.hpp"
#include "cli/render.hpp"

namespace cli {

int inspect(const Globals& globals, const InspectOptions& options) {
    const Live live = live_lab(globals, Counters::read);
    const bool nice = globals.format != Format::jsonl;
    print(inspect_json(live.body, options.what, options.pointer, nice));
    return exit_code::ok;
}

}  // namespace cli
