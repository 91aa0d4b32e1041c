// Queue disciplines whose options are numbers of 32 bits: fq_codel, cake, the fifos, red, …
#pragma once

#include "netlink/qdisc.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace netlink {

using QueueOptions = std::map<std::string, std::uint32_t, std::less<>>;

// What is set, by the names that tc has for it; those that the kind does not have are left out.
// red ("probability" in steps of 2^-32) and tbf ("rate" in bytes a second) are told all there is to
// tell, of which some has a default here.
Message put_queue(const QdiscAt& at, std::string_view kind, const QueueOptions& set);
// Those that are known by name.
QueueOptions parse_queue(const Qdisc& qdisc);

}  // namespace netlink
