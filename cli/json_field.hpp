// Members of a JSON object that came over the wire: what is absent or of another kind reads as
// nothing.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace cli {

std::string text(const boost::json::object& from, const char* key);  // "" without one
double number(const boost::json::object& from, const char* key);     // 0 without one

}  // namespace cli
