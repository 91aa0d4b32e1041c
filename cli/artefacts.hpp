// What is left of a test for whoever looks into it later: `lab test --bundle DIR`.
#pragma once

#include "cli/bundle.hpp"
#include "cli/check_results.hpp"
#include "cli/options.hpp"

#include <string>

namespace cli {

// No file is larger, and all of a lab together not much larger than the second.
inline constexpr std::size_t artefact_limit = 1 << 20, artefacts_limit = 50 << 20;

// Writes report.html, checks.junit.xml, events.jsonl, lab.resolved.toml, host.json,
// captures/….pcapng and nodes/NAME/… into `folder`, which is made. `bundle` null: the file was
// wrong. A lab that is not up any more leaves out what only it could say. Checks that have failed
// are asked once more for the captures, unless the user has interrupted: that sets
// suite.interrupted. Throws Failure when nothing can be written there.
void write_artefacts(const std::string& folder, const Globals& globals, CheckSuite& suite,
                     const Bundle* bundle, const std::string& running);

}  // namespace cli
