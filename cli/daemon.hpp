// Reaching labd, and starting it when nobody answers.
#pragma once

#include "cli/client.hpp"
#include "cli/options.hpp"

#include <optional>
#include <string>

namespace cli {

// A client whose socket answers. When none does, labd is started first, detached, unless --no-start
// forbids it: the system's by root, and anybody's own by themselves, which is said.
Client connect(const Globals& globals);

// Beside our own binary, in ../sbin (an installed pair), else on PATH.
std::optional<std::string> find_labd();

// Starts labd for this socket and returns once it has said READY=1 (sd_notify(3)), or once somebody
// else's labd answers there. Throws Failure with the last words of its log.
void start_labd(const std::string& program, const std::string& socket);

}  // namespace cli
