// Filters of libpcap ("tcp port 80") as the kernel runs them.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cli {

// Compiled by tcpdump, which is there to show packets anyhow: no library more for one verb. Without
// a filter: everything, up to `snaplen` bytes each. Throws Failure: usage with tcpdump's own words,
// or that it is not installed.
std::vector<sock_filter> compile_filter(const std::string& filter, std::uint32_t snaplen,
                                        bool ethernet);

}  // namespace cli
