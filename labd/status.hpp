// Labs as the wire shows them.
#pragma once

#include "labd/lab.hpp"

#include <boost/json/fwd.hpp>
#include <boost/json/monotonic_resource.hpp>

#include <map>
#include <string>
#include <vector>

namespace labd {

// What the kernel tells of every interface: space → device → reading.
using Readings = std::map<std::string, std::map<std::string, InterfaceReading>>;

// One entry of GET /v1/labs. Whoever may not see the lab is told that it is there and whose.
boost::json::object brief(const Lab& lab, bool may_see);
// GET /v1/labs/{lab}: the whole lab, of a hundred thousand values where it has a thousand nodes: in
// a `memory` that goes all at once nobody has to free them one by one.
boost::json::object whole(const Lab& lab, const Readings& readings,
                          boost::json::monotonic_resource& memory);

// "running", "stopped", "paused", "failed", …; `reason` says why, where it is not well.
std::string state_of(const topology::Node& node, const Lab& lab, std::string& reason);

// What somebody changed by hand makes a lab degraded, and is told.
void tell_drift(boost::json::object& lab, const std::vector<topology::Action>& drift);

// What somebody added by hand is told, and makes nothing worse.
void tell_additions(boost::json::object& lab, const std::vector<topology::Action>& additions);

}  // namespace labd
