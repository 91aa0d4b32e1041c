// What a network namespace has of nf_tables, counted.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace netlink {

// Rules by table, named "FAMILY NAME" as nft(8) does, but for tables of devices (netdev); nullopt
// where the kernel has no nf_tables, or does not tell. `netns`: a descriptor.
using RuleCounts = std::map<std::string, std::size_t>;
std::optional<RuleCounts> ruleset(int netns);

}  // namespace netlink
