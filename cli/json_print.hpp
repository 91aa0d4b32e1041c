// JSON as a person would write it: 0.041 where Boost.JSON says 4.1E-2.
#pragma once

#include <boost/json/fwd.hpp>

#include <string>

namespace cli {

std::string compact(const boost::json::value& value);  // one line, with its end
std::string pretty(const boost::json::value& value);   // two spaces a level, as jq

}  // namespace cli
