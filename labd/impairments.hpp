// Impairments of a lab beside what the running kernel can do.
#pragma once

#include "topology/model.hpp"

#include <boost/json/fwd.hpp>

#include <string>

namespace labd {

// backend = "netem" where there is none (D67).
topology::Diagnostics refused_without_netem(const topology::Lab& lab);
// Which keys of which links this kernel cannot do, in a sentence; "" when it can do all.
std::string undone_notice(const topology::Lab& lab);

// {"delay": "20ms", …}
boost::json::object to_json(const topology::Impairment& impairment);
// Keys that every end has, and those that only some have: "10ms / -".
boost::json::object impairment_of_link(const topology::Lab& lab, const topology::Link& link);
// "netem", "nft" or "none"; and what it cannot do.
const char* back_end_of_link(const topology::Lab& lab, const topology::Link& link);
boost::json::array undone_of_link(const topology::Lab& lab, const topology::Link& link);

}  // namespace labd
