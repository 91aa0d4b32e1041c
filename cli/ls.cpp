// `lab ls`: the labs there are.
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/json_text.hpp"
#include "cli/render.hpp"
#include "cli/views.hpp"
#include "cli/wire.hpp"

namespace cli {

int ls(const Globals& globals) {
    const Answer answer = connect(globals).request("GET", "/v1/labs");
    if (answer.status != 200) throw_failure(answer, "list the labs");
    if (globals.json()) {
        print(listing_json(answer.body, "labs", globals.format == Format::jsonl));
        return exit_code::ok;
    }
    const std::vector<LabSummary> labs = parse_labs(answer.body);
    if (globals.names()) {
        for (const LabSummary& lab : labs) print(lab.name + "\n");
    } else if (labs.empty()) {
        print_error("no lab is up; `lab up` brings one up, `lab init` writes a first one\n");
    } else {
        print(labs_table(labs, globals.format == Format::wide, Style{globals.color_out}));
    }
    return exit_code::ok;
}

}  // namespace cli
