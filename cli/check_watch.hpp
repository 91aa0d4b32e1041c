// `lab check --watch`: the student's view, as it changes.
#pragma once

#include "cli/check_session.hpp"
#include "cli/render.hpp"

#include <string>

namespace cli {

// Every check with its tick, hint and points, and the sum of them. Checks that have not been asked
// yet stand there without a tick.
std::string watch_text(const CheckSuite& suite, const std::string& title, const Style& style);

// Until Ctrl-C: on a terminal one page that is drawn again, else a line for each change. Returns an
// exit code: 0 when everything passed at the end.
int watch_checks(const Globals& globals, const Client& client, const std::string& lab,
                 const CheckOptions& options, const Bundle& bundle);

}  // namespace cli
