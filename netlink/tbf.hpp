// The token bucket that holds a link to its rate: sch_tbf.
#pragma once

#include "netlink/qdisc.hpp"

#include <cstdint>
#include <optional>

namespace netlink {

struct Tbf {
    std::uint64_t rate = 0;   // bytes a second
    std::uint32_t burst = 0;  // bytes
    std::uint32_t limit = 0;  // of the fifo below it, in that one's measure
    bool operator==(const Tbf&) const = default;
};

Message put_tbf(const QdiscAt& at, const Tbf& tbf);
// The kernel keeps the burst as a time, so that it comes back a few bytes off.
std::optional<Tbf> parse_tbf(const Qdisc& qdisc);

}  // namespace netlink
