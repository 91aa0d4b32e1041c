// `lab capture` and its options.
#pragma once

#include "cli/options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cli {

struct CaptureOptions {
    std::vector<std::string> words;  // NODE[:IF]|LINK…, then a filter
    std::string filter, file;        // file "": lines, "-": stdout
    unsigned count = 0;              // 0 = until told to end
    unsigned snaplen = 262144;       // bytes of each packet, libpcap's own default
    std::string ring;                // as written
    std::uint64_t ring_bytes = 0;    // 0 = the file grows
    bool wireshark = false, quiet = false;
};

// Returns when it is told to end, has what was asked for, or its lab goes. Throws Failure.
int capture(const Globals& globals, const CaptureOptions& options);

}  // namespace cli
