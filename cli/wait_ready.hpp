// `lab wait ready`: until every node runs and its services are ready.
#pragma once

#include "cli/client.hpp"
#include "cli/options.hpp"

#include <string>

namespace cli {

// Exit code: 124 when it is not so after `seconds`.
int wait_ready(const Globals& globals, const Client& client, const std::string& lab,
               double seconds);

}  // namespace cli
