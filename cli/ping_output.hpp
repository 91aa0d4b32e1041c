// What ping(8) of iputils says, as numbers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cli {

struct PingOutcome {
    unsigned sent = 0, received = 0;
    std::optional<double> rtt;  // seconds, the mean; none without an answer
    std::string why;            // what went wrong, short: "no reply", "Network is unreachable"
};

PingOutcome parse_ping(std::string_view out, std::string_view err);

}  // namespace cli
