// Members of a JSON object that came over the wire: what is absent or of another kind reads as
// nothing.
#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace cli {

// labd's whole answer. One about a thousand nodes is a hundred thousand values: they lie in
// `memory` and go with it. Throws Failure when it is no object.
boost::json::object parse_object(std::string_view body, boost::json::monotonic_resource& memory);

std::string text(const boost::json::object& from, const char* key);  // "" without one
double number(const boost::json::object& from, const char* key);     // 0 without one

}  // namespace cli
