// A look at a lab, and another whenever something has happened in it.
#pragma once

#include "cli/client.hpp"

#include <functional>
#include <string>

namespace cli {

// Until `look` is true (then true), or so many seconds have passed (then false; 0: for ever).
// Throws Interrupted on Ctrl-C.
bool follow_lab(const Client& client, const std::string& lab, double seconds,
                const std::function<bool()>& look);

}  // namespace cli
