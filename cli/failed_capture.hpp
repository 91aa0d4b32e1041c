// What passed on the wire while a check that had failed was asked once more: `lab test --bundle`.
#pragma once

#include "cli/check_results.hpp"
#include "cli/options.hpp"

#include <string>
#include <vector>

namespace cli {

struct FailedCapture {
    std::string file;   // "captures/3-h1-h2.pcapng"
    std::string bytes;  // pcapng, no more than artefact_limit
};

// Of the first few checks that have failed over packets: all that passed the interfaces of the two
// nodes, and of the one at which the packets died. The results get the names of the files. What
// cannot be captured is left out; Ctrl-C sets suite.interrupted.
std::vector<FailedCapture> capture_failed(const Globals& globals, const std::string& running,
                                          CheckSuite& suite);

}  // namespace cli
