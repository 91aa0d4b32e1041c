// Impairments of a lab beside what the running kernel can do.
#pragma once

#include "labd/override.hpp"
#include "topology/model.hpp"

#include <boost/json/fwd.hpp>

#include <string>

namespace labd {

// backend = "netem" where there is none (D67).
topology::Diagnostics refused_without_netem(const topology::Lab& lab);
// Which keys of which links this kernel cannot do, in a sentence; "" when it can do all.
std::string undone_notice(const topology::Lab& lab);

// Throws UpFailure when an impairment cannot be laid over what there is: there is no such end, its
// values do not go together, or this kernel cannot do it.
void require_doable(const topology::Lab& wish, const Overrides& before, const Override& impairment);

// {"delay": "20ms", …}
boost::json::object to_json(const topology::Impairment& impairment);
// Keys that every end has, and those that only some have: "10ms / -".
boost::json::object impairment_of_link(const topology::Lab& lab, const topology::Link& link);
// "netem", "nft" or "none"; and what it cannot do.
const char* back_end_of_link(const topology::Lab& lab, const topology::Link& link);
boost::json::array undone_of_link(const topology::Lab& lab, const topology::Link& link);

}  // namespace labd
